/**
 * Korean particles have two forms; which one is right depends on the last sound of the word before. Digits and Latin letters count by their Korean
 * names. The browser reads this as well.
 */
type Sound = 'vowel' | 'ㄹ' | 'consonant';

/** 영, 일, 이, 삼, 사, 오, 육, 칠, 팔, 구. */
const DIGITS: readonly Sound[] = ['consonant', 'ㄹ', 'vowel', 'consonant', 'vowel', 'vowel', 'consonant', 'ㄹ', 'ㄹ', 'vowel'];
/** The place of ㄹ among the final sounds of a syllable. */
const RIEUL = 8;

function lastSound(word: string): Sound {
  const end = word.trim();
  const last = end.at(-1) ?? '';
  if (last >= '가' && last <= '힣') {
    const final = (last.charCodeAt(0) - 0xac00) % 28;
    return final === 0 ? 'vowel' : final === RIEUL ? 'ㄹ' : 'consonant';
  }
  if (/[lr]/i.test(last)) return 'ㄹ';
  return DIGITS[/\d/.test(last) ? Number(last) : -1] ?? (/[mn]$|\.zip$/i.test(end) ? 'consonant' : 'vowel');
}

/** Which of two forms follows the word: particle('v2', '을', '를') is '를'. */
export function particle(word: string, afterConsonant: string, afterVowel: string): string {
  const sound = lastSound(word);
  // 로 follows ㄹ as it does a vowel.
  return sound === 'vowel' || (sound === 'ㄹ' && afterConsonant.startsWith('으')) ? afterVowel : afterConsonant;
}

const WRITTEN: { [written: string]: readonly [afterConsonant: string, afterVowel: string] } = {
  '은(는)': ['은', '는'],
  '이(가)': ['이', '가'],
  '을(를)': ['을', '를'],
  '(으)로': ['으로', '로'],
};

/** Makes 은(는), 이(가), 을(를) and (으)로 the form that fits, once the values before them are put in. */
export function withParticles(text: string): string {
  return text.replace(/(\.zip|[^\s"’)])(["’)]*)(은\(는\)|이\(가\)|을\(를\)|\(으\)로)/gi, (whole, end: string, between: string, written: string) => {
    const pair = WRITTEN[written];
    return pair === undefined ? whole : end + between + particle(end, ...pair);
  });
}
