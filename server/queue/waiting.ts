/** Why a job waits, in words for the person who waits. */
import type { Need } from './allocation.ts';

export interface Waiting {
  place: number;
  ko: string;
  en: string;
}

export function lightWaiting(place: number, slots: number): Waiting {
  return {
    place,
    ko: `같은 종류의 작업은 한 번에 ${slots}개까지 실행됩니다. 차례를 기다리는 중입니다.`,
    en: `At most ${slots} jobs of this kind run at once; this one waits for its turn.`,
  };
}

/** `known`: the driver has told of its GPUs, and the one that is needed is not among them. */
export function gpuWaiting(place: number, known: boolean): Waiting {
  return known
    ? {
        place,
        ko: '필요한 GPU를 찾을 수 없습니다. GPU와 드라이버를 확인한 뒤 장비를 다시 시작해 주세요. 그때까지 기다립니다.',
        en: 'The GPU that it needs is not there. Check the GPU and its driver, then restart the box; until then it waits.',
      }
    : { place, ko: 'GPU 드라이버의 응답을 기다리는 중입니다.', en: 'It waits for the driver of the GPU to answer.' };
}

export function waitingFor(place: number, need: Need | undefined, free: { cores: number; memoryMb: number }): Waiting {
  if (place > 1 || need === undefined) {
    return { place, ko: `앞에 대기 중인 작업이 ${place - 1}개 있습니다.`, en: `${place - 1} job(s) wait before this one.` };
  }
  const ko: string[] = [];
  const en: string[] = [];
  if (need.cores > free.cores) {
    ko.push(`CPU ${need.cores} core 필요(남은 것: ${free.cores})`);
    en.push(`${need.cores} CPU core(s), of which ${free.cores} are free`);
  }
  if (need.memoryMb > free.memoryMb) {
    ko.push(`메모리 ${gb(need.memoryMb)} GB 필요(남은 것: ${gb(free.memoryMb)} GB)`);
    en.push(`${gb(need.memoryMb)} GB of memory, of which ${gb(free.memoryMb)} GB are free`);
  }
  if (need.gpu !== null && en.length === 0) {
    ko.push('GPU 필요');
    en.push('a GPU');
  }
  if (en.length === 0) return { place, ko: '곧 시작합니다.', en: 'It starts in a moment.' };
  return {
    place,
    ko: `실행 중인 작업이 끝나기를 기다리는 중입니다: ${ko.join(', ')}.`,
    en: `It waits for running jobs to end. It needs ${en.join(', and ')}.`,
  };
}

const gb = (mb: number) => (mb / 1024).toFixed(1);
