import { words } from '../words.ts';

/** The advanced parameters of a training. */
export default words({
  'unit.epochs': ['에포크', 'epochs'],
  'unit.stages': ['단계', 'stages'],
  'param.advanced': ['고급 설정', 'Advanced'],
  'param.advanced.changed': ['기본값과 다른 항목 {n}개', '{n} changed'],
  'param.advanced.wrong': ['고칠 값이 있습니다.', 'A value has to be put right.'],
  'param.group.optimizer': ['최적화 방법', 'Optimizer'],
  'param.group.rate': ['학습률의 변화', 'Course of the learning rate'],
  'param.group.data': ['데이터를 보는 방법', 'How the data is looked at'],
  'param.group.weights': ['모델', 'Model'],
  'param.group.end': ['조기 종료', 'Early stopping'],
  'param.optimizer': ['optimizer', 'optimizer'],
  'param.optimizer.hint': [
    '모델의 값을 고쳐 나가는 방법입니다. SGD가 기본이며, Adam과 AdamW는 학습률을 덜 가리지만 learning_rate를 0.001 정도로 낮춰야 합니다.',
    'The way the model is put right after each batch. SGD is usual; Adam and AdamW are less fussy about the rate but want one of about 0.001.',
  ],
  'param.optimizer.sgd': ['SGD', 'SGD'],
  'param.optimizer.adam': ['Adam', 'Adam'],
  'param.optimizer.adamw': ['AdamW', 'AdamW'],
  'param.nesterov': ['nesterov', 'nesterov'],
  'param.nesterov.hint': [
    'momentum이 갈 방향을 한 걸음 먼저 내다보고 고칩니다. 조금 더 빨리 배우는 경우가 많습니다.',
    'Looks one step ahead along the momentum before it corrects. Often learns a little faster.',
  ],
  'param.adam_beta2': ['adam_beta2', 'adam_beta2'],
  'param.adam_beta2.hint': [
    'Adam이 변화의 크기를 얼마나 오래 기억할지 정합니다. 보통 0.999이며, Adam의 또 다른 값 β1은 momentum을 사용합니다.',
    'How long Adam remembers the size of the changes. 0.999 is usual; its other figure, β1, is momentum.',
  ],
  'param.adam_epsilon': ['adam_epsilon', 'adam_epsilon'],
  'param.adam_epsilon.hint': [
    'Adam이 0으로 나누지 않도록 더하는 아주 작은 값입니다. 거의 바꿀 일이 없습니다.',
    'A tiny number that keeps Adam from dividing by zero. There is hardly ever a reason to change it.',
  ],
  'param.gradient_clip': ['gradient_clip', 'gradient_clip'],
  'param.gradient_clip.hint': [
    '한 번에 고치는 양이 이 크기를 넘지 않도록 줄입니다. 손실이 갑자기 튀거나 학습이 발산하면 1~5로 설정하고, 0이면 사용하지 않습니다.',
    'Keeps a single correction from being larger than this. Try 1 to 5 where the loss jumps or the training diverges; 0 turns it off.',
  ],
  'param.schedule': ['schedule', 'schedule'],
  'param.schedule.hint': [
    '학습하는 동안 learning_rate를 어떻게 바꿀지 정합니다. 처음에는 크게 배우고 끝으로 갈수록 세밀하게 다듬는 코사인이 무난합니다.',
    'How learning_rate changes over the training. Cosine learns in large steps first and in fine ones at the end, which suits most cases.',
  ],
  'param.schedule.cosine': ['코사인으로 감소', 'Cosine'],
  'param.schedule.constant': ['일정하게 유지', 'Constant'],
  'param.schedule.step': ['단계별 감소', 'Step'],
  'param.schedule.one_cycle': ['한 번 올렸다 내리기(One-cycle)', 'One-cycle'],
  'param.cosine_floor': ['cosine_floor', 'cosine_floor'],
  'param.cosine_floor.hint': [
    '마지막에 learning_rate의 몇 배까지 내릴지 정합니다. 0이면 0까지, 0.1이면 10분의 1까지 내려갑니다.',
    'Where the rate ends, as a share of learning_rate. 0 goes down to nothing, 0.1 to a tenth.',
  ],
  'param.step_epochs': ['step_epochs', 'step_epochs'],
  'param.step_epochs.hint': [
    '몇 에포크마다 학습률을 줄일지 정합니다. 전체 epoch의 3분의 1 정도가 알맞습니다.',
    'After how many epochs the rate is lowered each time. About a third of all epochs is a good start.',
  ],
  'param.step_factor': ['step_factor', 'step_factor'],
  'param.step_factor.hint': [
    '줄일 때마다 학습률에 곱하는 값입니다. 0.1이면 10분의 1이 됩니다.',
    'What the rate is multiplied by each time. With 0.1 it becomes a tenth.',
  ],
  'param.cycle_rise': ['cycle_rise', 'cycle_rise'],
  'param.cycle_rise.hint': [
    '전체 학습 중에서 학습률이 오르는 부분의 비율입니다. 0.3이면 처음 30 % 동안 오른 뒤 내려갑니다.',
    'The share of the training in which the rate rises. With 0.3 it rises for the first 30 % and then falls.',
  ],
  'param.cycle_divisor': ['cycle_divisor', 'cycle_divisor'],
  'param.cycle_divisor.hint': [
    '처음 학습률은 learning_rate를 이 값으로 나눈 값입니다. 보통 25를 사용합니다.',
    'The training begins with learning_rate divided by this. 25 is usual.',
  ],
  'param.cycle_final_divisor': ['cycle_final_divisor', 'cycle_final_divisor'],
  'param.cycle_final_divisor.hint': [
    '마지막 학습률은 처음 학습률을 이 값으로 나눈 값입니다. 크게 두면 끝에서 아주 세밀하게 다듬습니다.',
    'At the end the rate is the first one divided by this. A large number means very fine steps at the end.',
  ],
  'param.warmup': ['warmup', 'warmup'],
  'param.warmup.hint': [
    '학습 초반의 이 비율 동안 학습률을 조금씩 올립니다. 처음부터 크게 배우다가 모델이 망가지는 일을 막아 줍니다.',
    'For this share of the training the rate rises little by little. It keeps the first, wild steps from spoiling the model.',
  ],
  'param.label_smoothing': ['label_smoothing', 'label_smoothing'],
  'param.label_smoothing.hint': [
    '정답을 100 %로 믿지 않고 이만큼을 다른 클래스에 나눠 줍니다. 라벨에 실수가 섞여 있거나 모델이 지나치게 확신할 때 0.1 정도로 설정해 주세요.',
    'Gives this share of each answer to the other classes. Try 0.1 where labels contain mistakes or the model is too sure of itself.',
  ],
  'param.class_weights': ['class_weights', 'class_weights'],
  'param.class_weights.hint': [
    '이미지가 적은 클래스를 더 중요하게 다룰지 정합니다. 불량이 정상보다 훨씬 적을 때 균형을 선택해 주세요.',
    'Whether classes with few pictures count more. Choose balanced where defects are much rarer than good parts.',
  ],
  'param.class_weights.none': ['모두 같게', 'None'],
  'param.class_weights.balanced': ['균형(적은 클래스를 더 중요하게)', 'Balanced'],
  'param.mixup': ['mixup', 'mixup'],
  'param.mixup.hint': [
    '이미지 두 장과 그 정답을 섞어서 보여 줍니다. 데이터가 적어 외워 버릴 때 0.2 정도로 설정하며, 학습 정확도는 낮게 표시됩니다.',
    'Shows two pictures blended, and their answers with them. Try 0.2 where few pictures are learned by heart; the training accuracy then reads lower.',
  ],
  'param.dropout': ['dropout', 'dropout'],
  'param.dropout.hint': [
    '학습하는 동안 모델의 일부를 무작위로 쉬게 합니다. 외우는 것을 막아 주며, EfficientNet처럼 이 기능이 있는 알고리즘에만 영향을 줍니다.',
    'Rests parts of the model at random while it learns. It keeps it from learning by heart, and concerns algorithms that have it, such as EfficientNet.',
  ],
  'param.ema': ['ema', 'ema'],
  'param.ema.hint': [
    '모델 값의 이동 평균을 평가하고 저장합니다. Validation 결과가 들쭉날쭉할 때 0.99~0.999로 설정하고, 0이면 사용하지 않습니다.',
    'Judges and keeps a moving average of the model. Try 0.99 to 0.999 where the validation goes up and down; 0 turns it off.',
  ],
  'param.freeze_stages': ['freeze_stages', 'freeze_stages'],
  'param.freeze_stages.hint': [
    '모델의 앞에서부터 이만큼의 단계는 배우지 않고 그대로 둡니다. 이미 학습된 가중치에서 시작할 때만 의미가 있으며 학습이 빨라집니다.',
    'So many stages at the front of the model are left as they are. It makes sense only with weights that have been trained before, and is faster.',
  ],
  'param.early_stopping': ['early_stopping', 'early_stopping'],
  'param.early_stopping.hint': [
    '이만큼의 에포크 동안 나아지지 않으면 학습을 끝냅니다. 가장 좋았던 모델은 그대로 남으며, 0이면 사용하지 않습니다.',
    'Ends the training after so many epochs without an improvement. The best model is kept as always; 0 turns it off.',
  ],
  'param.early_stopping_on': ['early_stopping_on', 'early_stopping_on'],
  'param.early_stopping_on.hint': [
    '나아졌는지 판단할 값입니다. 손실은 정확도보다 작은 변화까지 알아챕니다.',
    'What has to become better. The loss notices smaller changes than the accuracy.',
  ],
  'param.early_stopping_on.validation_loss': ['validation_loss', 'validation_loss'],
  'param.early_stopping_on.validation_accuracy': ['validation_accuracy', 'validation_accuracy'],
});
