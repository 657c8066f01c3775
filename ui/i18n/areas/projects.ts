import { words } from '../words.ts';

/** Dialogs of a project: a new one, its details, its status, its deletion. They come with the dialogs. */
export default words({
  'project.new': ['새 프로젝트', 'New Project'],
  'project.define': ['문제 정의', 'Define your project'],
  'project.fixed': ['문제 정의는 생성한 뒤에는 바꿀 수 없습니다.', 'The problem definition cannot be changed after OK.'],
  'project.untrained': ['학습은 아직', 'No training yet'],
  'project.untrained.image': [
    '이 문제는 아직 학습할 수 없습니다. 지금은 데이터 준비와 라벨링까지 하실 수 있습니다.',
    'This problem cannot be trained yet. You can prepare the data and label it now.',
  ],
  'project.untrained.tabular': [
    '이 문제는 아직 학습할 수 없습니다. 지금은 데이터를 올리고 전처리하는 데까지 하실 수 있습니다.',
    'This problem cannot be trained yet. You can upload the data and preprocess it now.',
  ],
  'project.type': ['데이터 유형', 'Data type'],
  'project.type.image.note': [
    '사진 한 장이 샘플 하나입니다. 긴 변이 800픽셀을 넘으면 자동으로 줄입니다.',
    'One picture is one sample. Pictures over 800 pixels on the long side are reduced.',
  ],
  'project.type.tabular.note': [
    '한 행이 샘플 하나, 열이 특징입니다. CSV나 엑셀 파일의 열은 범주형이나 수치형이어야 합니다.',
    'One row is one sample, columns are its features: categories or numbers, from CSV or Excel.',
  ],
  'project.model': ['문제', 'Model'],
  'project.model.classification.image.note': [
    '사진마다 정해진 클래스 중 하나를 고릅니다. 예: 정상 / 스크래치 / 찍힘.',
    'Puts each picture into one of your classes, e.g. OK / scratch / dent.',
  ],
  'project.model.detection.note': [
    '사진 속 물체를 찾아 테두리 상자로 위치를 표시합니다. 예: 부품의 위치와 개수.',
    'Finds objects and marks each with a box, e.g. where the parts are and how many.',
  ],
  'project.model.instance_segmentation.note': [
    '물체의 윤곽을 픽셀 단위로 찾고 하나하나 따로 구분합니다. 예: 겹친 부품의 모양과 크기.',
    'Finds the outline of each object and tells every one apart, e.g. shape and size of touching parts.',
  ],
  'project.model.semantic_segmentation.note': [
    '픽셀마다 종류를 정합니다. 물체를 하나씩 나누지는 않습니다. 예: 결함 영역의 넓이.',
    'Gives every pixel a class without telling objects apart, e.g. how large a defect is.',
  ],
  'project.model.classification.tabular.note': [
    '각 행을 정해진 클래스 중 하나로 구분합니다. 예: 양품 / 불량.',
    'Puts each row into one of your classes, e.g. good / faulty.',
  ],
  'project.model.regression.note': [
    '열의 값으로 수치를 예측합니다. 예: 수명, 가격, 두께.',
    'Predicts a number from the columns, e.g. lifetime, price, thickness.',
  ],
  'project.model.clustering.note': [
    '라벨 없이 비슷한 행끼리 묶습니다. 예: 설비 상태의 유형.',
    'Groups rows that are alike, without labels, e.g. states of a machine.',
  ],
  'project.model.dimension_reduction.note': [
    '많은 열을 적은 수의 값으로 줄입니다. 예: 센서 100개를 그래프 하나로 보기.',
    'Reduces many columns to a few values, e.g. a hundred sensors in one chart.',
  ],
  'project.basics': ['기본 정보', 'About the project'],
  'project.name': ['프로젝트 이름', 'Project name'],
  'project.group': ['그룹', 'Group'],
  'project.group.hint': [
    '같은 그룹의 사람은 이 프로젝트를 볼 수 있습니다. 데이터를 바꾸거나 학습하는 일은 소유자와 관리자만 할 수 있습니다.',
    'Members of the group can look at this project. Only you and administrators can change its data or train.',
  ],
  'project.group.none': [
    '속한 그룹이 없어 프로젝트를 만들 수 없습니다. 관리자에게 그룹 추가를 요청해 주세요.',
    'You are in no group, so a project cannot be created. Ask your administrator to add you to one.',
  ],
  'project.description': ['설명', 'Description'],
  'project.created': ['‘{name}’ 프로젝트를 만들었습니다.', 'The project {name} has been created.'],
  'project.details': ['프로젝트 상세 정보', 'Project details'],
  'project.id': ['프로젝트 ID', 'Project ID'],
  'project.description.edit': ['설명 수정', 'Edit Description'],
  'project.description.none': ['설명이 없습니다.', 'No description.'],
  'project.status.title': ['상태 변경', 'Change Status'],
  'project.status.current': ['현재 상태', 'Current Status'],
  'project.status.to': ['변경할 상태', 'Change status to'],
  'project.status.working': ['진행 중 (Working)', 'Working'],
  'project.status.completed': ['완료 (Completed)', 'Completed'],
  'project.status.note': [
    '완료로 바꾸면 조회만 할 수 있고 전처리나 학습은 할 수 없습니다. 진행 중으로 언제든 되돌릴 수 있습니다.',
    'A completed project can only be looked at; nothing can be preprocessed or trained. You can set it back to Working at any time.',
  ],
  'project.status.done': ['‘{name}’ 프로젝트의 상태를 변경했습니다.', 'The status of {name} has been changed.'],
  'project.delete.title': ['‘{name}’ 프로젝트를 삭제할까요?', 'Delete the project {name}?'],
  'project.delete.text': ['아래 내용이 모두 삭제되며 되돌릴 수 없습니다.', 'All of this is deleted and cannot be brought back:'],
  'project.delete.images': ['데이터셋 {n}개 (이미지 {items}장)', '{n:dataset/datasets} with {items:image/images}'],
  'project.delete.rows': ['데이터셋 {n}개 ({items}행)', '{n:dataset/datasets} with {items:row/rows}'],
  'project.delete.experiments': ['실험 {n}개와 학습된 모델', '{n:experiment/experiments} and their trained models'],
  'project.delete.inferences': ['추론 결과 {n}개', '{n:inference result/inference results}'],
  'project.delete.annotation': [
    '진행 중인 라벨링 일감 {n}개 (라벨링한 이미지 {items}장)',
    '{n:annotation task/annotation tasks} in work with {items:labelled image/labelled images}',
  ],
  'project.delete.trash': ['휴지통의 데이터셋 {n}개', '{n:dataset/datasets} in the trash'],
  'project.delete.nothing': ['빈 프로젝트입니다. 삭제하면 되돌릴 수 없습니다.', 'It is empty. It cannot be brought back.'],
  'project.delete.done': ['‘{name}’ 프로젝트를 삭제했습니다.', 'The project {name} has been deleted.'],
});
