/** Information of Home, with the guide to the problems that a project can be made for. It is loaded when somebody asks for it. */
import type { Help } from '../../page.ts';

const help: Help = {
  ko: `# 프로젝트란?
프로젝트는 데이터, 학습, 추론을 하나로 묶는 작업 단위입니다. 데이터와 실험 메뉴는 로드한 프로젝트의 내용을 보여 줍니다.

# 시작하기
- 새 프로젝트: 이름과 그룹을 정하고 문제를 정의합니다.
- 프로젝트 로드: 목록에서 한 줄을 선택하고 버튼을 누르거나, 줄을 두 번 클릭합니다.
- 샘플 프로젝트 만들기: 데이터가 없어도 표면 결함 이미지로 전체 과정을 체험할 수 있습니다.

# 문제정의 가이드
무엇을 알고 싶은지에 맞추어 고릅니다. 문제 정의는 프로젝트를 만든 뒤에는 바꿀 수 없습니다. 새 프로젝트에서 ‘학습은 아직’으로 표시된 문제는 지금은 데이터를 준비하는 데까지만 할 수 있습니다.

# 이미지로 푸는 문제
- 분류: 사진 한 장마다 하나의 답을 고릅니다. 예: 정상, 스크래치, 찍힘. 사진마다 라벨 하나가 있으면 되므로 준비가 가장 쉽습니다. 불량의 종류가 많지 않고 양품과 모양이 뚜렷이 다를 때 알맞습니다.
- 객체 탐지: 물체나 결함이 어디에 몇 개 있는지 테두리 상자로 찾습니다. 예: 상자에서 바코드 찾기, 부품 개수 세기. 라벨은 물체마다 그린 상자입니다.
- 인스턴스 분할: 물체 하나하나의 윤곽을 픽셀 단위로 찾습니다. 예: 겹친 부품의 모양과 크기. 라벨은 물체마다 그린 다각형입니다.
- 시맨틱 분할: 픽셀마다 종류를 정합니다. 물체를 하나씩 나누지는 않습니다. 예: 결함이나 오염 영역의 넓이. 라벨은 영역을 칠한 마스크입니다.

# 표로 푸는 문제
- 분류: 행마다 정해진 클래스 하나를 고릅니다. 예: 공정 조건으로 양품과 불량 예측. 정답이 적힌 열이 필요합니다.
- 회귀: 행마다 수치를 예측합니다. 예: 수명, 두께, 가격. 정답 수치가 적힌 열이 필요합니다.
- 군집화: 정답 없이 비슷한 행끼리 묶습니다. 예: 설비 상태의 유형 나누기.
- 차원 축소: 많은 열을 적은 수의 값으로 줄입니다. 예: 센서 100개를 그래프 하나로 보기. 정답은 필요하지 않습니다.

# 상태
- 준비: 아직 학습하지 않은 프로젝트입니다.
- 진행 중: 학습을 시작하면 자동으로 바뀝니다.
- 완료: 조회만 할 수 있습니다. 더 보기(⋮)에서 바꿉니다.

# 같은 그룹의 프로젝트
같은 그룹에 속한 사람의 프로젝트는 볼 수 있지만, 데이터를 바꾸거나 학습할 수는 없습니다.`,
  en: `# What is a project?
A project holds data, training and inference together. The menus Data and Experiment show the project that is loaded.

# Getting started
- New Project: give it a name and a group, and define the problem.
- Load Project: choose a row and press the button, or double-click the row.
- Create sample project: try the whole way with pictures of surface defects, without data of your own.

# Defining the problem
Choose by what you want to know. The definition cannot be changed once the project is there. For problems that New Project marks as “No training yet”, you can only prepare the data at present.

# Problems with pictures
- Classification: each picture gets one answer, e.g. OK, scratch or dent. One label a picture is enough, so it is the easiest to prepare. Good where there are few kinds of defects that look clearly different from good parts.
- Detection: finds where things are and how many, and marks each with a box, e.g. bar codes on a parcel, parts on a tray. Its labels are boxes around the objects.
- Instance Segmentation: finds the outline of each single object, e.g. shape and size of touching parts. Its labels are polygons around the objects.
- Semantic Segmentation: gives every pixel a class without telling objects apart, e.g. how large a stain is. Its labels are painted masks.

# Problems with tables
- Classification: each row gets one of your classes, e.g. good or faulty from the settings of a process. It needs a column with the right answers.
- Regression: predicts a number for each row, e.g. lifetime, thickness, price. It needs a column with the right numbers.
- Clustering: groups rows that are alike, without right answers, e.g. states of a machine.
- Dimension Reduction: reduces many columns to a few values, e.g. a hundred sensors in one chart. It needs no right answers.

# Status
- Ready: nothing has been trained yet.
- Working: set by itself when a training starts.
- Completed: can only be looked at. Change it under More (⋮).

# Projects of your group
You can look at the projects of people in your groups, but not change their data or train in them.`,
};
export default help;
