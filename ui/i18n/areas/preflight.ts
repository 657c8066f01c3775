import { words } from '../words.ts';

/** What is measured before a training starts. */
export default words({
  'preflight.title': ['시작 전 확인', 'Before you start'],
  'preflight.hint': [
    '학습을 두 단계만 실제로 해 보고 메모리와 시간을 잽니다. 기다리지 않고 바로 시작해도 됩니다.',
    'Two steps are really trained, and their memory and time measured. You may start without waiting for it.',
  ],
  'preflight.later': [
    '세 단계를 모두 확인하면 메모리와 걸릴 시간을 미리 재어 드립니다.',
    'When all three steps are confirmed, memory and time are measured here.',
  ],
  'preflight.running': ['두 단계를 학습해 보며 재고 있습니다.', 'Measuring two real steps.'],
  'preflight.waiting': ['자원이 비면 측정합니다.', 'Measured as soon as there is room.'],
  'preflight.again': ['다시 재기', 'Measure again'],
  'preflight.failed': ['미리 재지 못했습니다. 그래도 시작할 수 있습니다.', 'It could not be measured. You may start nevertheless.'],
  'preflight.memory': ['필요한 메모리', 'Memory needed'],
  'preflight.gpuMemory': ['필요한 GPU 메모리', 'GPU memory needed'],
  'preflight.memory.value': ['{need} / {limit}', '{need} of {limit}'],
  'preflight.epoch': ['1 에포크', 'One epoch'],
  'preflight.total': ['완료까지', 'To the end'],
  'preflight.total.value': ['약 {time}', 'about {time}'],
  'preflight.queue': ['대기 순서', 'Queue'],
  'preflight.queue.now': ['바로 시작', 'Starts at once'],
  'preflight.queue.place': ['{n}번째', 'Number {n}'],
  'preflight.pictures': ['Training / Validation / Test', 'Training / Validation / Test'],
  'preflight.tooLarge': ['선택한 자원에 들어가지 않습니다', 'It does not fit the chosen resources'],
  'preflight.propose': ['batch_size {n:으로/로} 바꾸기', 'Use batch_size {n}'],
  'preflight.fine': ['문제가 없습니다. 시작해도 됩니다.', 'All is well: press Start.'],
});
