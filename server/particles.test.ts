import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CATALOGUE, sentence } from './errors.ts';
import { particle, withParticles } from './particles.ts';

const particles = suite('Korean particles');

particles('follow the last sound of the word', () => {
  const object = (word: string) => word + particle(word, '을', '를');
  assert.equal(['데이터', '실험', 'v2', 'v10', 'resnet18', 'widgets', 'line.zip', 'Trial'].map(object), [
    '데이터를',
    '실험을',
    'v2를',
    'v10을',
    'resnet18을',
    'widgets를',
    'line.zip을',
    'Trial을',
  ]);
  // ㄹ takes 로 as a vowel does: 일, 칠, 팔, 서울, 엘.
  const by = (word: string) => word + particle(word, '으로', '로');
  assert.equal(['1', '2', '3', '6', '7', '8', '10', '서울', '부산', 'model'].map(by), [
    '1로',
    '2로',
    '3으로',
    '6으로',
    '7로',
    '8로',
    '10으로',
    '서울로',
    '부산으로',
    'model로',
  ]);
});

particles('are put into sentences', () => {
  assert.is(withParticles('‘폭’은(는) "두께"이(가) a.csv을(를) 16(으)로 11(으)로'), '‘폭’은 "두께"가 a.csv를 16으로 11로');
  assert.match(sentence('user_id_taken', { userId: 'dev-user1' }, 'ko'), '"dev-user1"은 이미');
  assert.match(sentence('user_id_taken', { userId: 'dev-user2' }, 'ko'), '"dev-user2"는 이미');
});

particles('of errors fit every value: none is written fast behind one', () => {
  const wrong = Object.entries(CATALOGUE).filter(([, { ko }]) => /\}["’”]*(을|를|은|는|이|가|과|와|으로|로)(?![가-힣(])/.test(ko));
  assert.equal(wrong, []);
});

particles.run();
