// The words of part 1, Draw.

export const DRAW = {
  "draw.title": ["Draw a digit", "画一个数字"],
  "draw.hint": ["mouse, pen or finger", "用鼠标、触控笔或手指"],
  "pad.label": [
    "Pad: arrow keys move, space puts the pen down or up, Backspace undoes, Delete clears",
    "画板：方向键移动，空格落笔或提笔，退格撤销，Delete 清空",
  ],
  "pad.role": ["drawing pad", "画板"],
  "pad.cursor": ["row {row}, column {column}", "第 {row} 行，第 {column} 列"],
  "pad.down": ["pen down", "落笔"],
  "pad.up": ["pen up", "提笔"],
  "pad.empty": ["Draw here", "在这里画"],
  "pad.looks": ["it looks here", "网络正在看这里"],
  "pad.undo": ["Undo", "撤销"],
  "pad.clear": ["Clear", "清空"],
  "pad.width": ["Pen width", "笔的粗细"],
  "pad.seven": ["7", "7"],
  "pad.seven.title": ["Example: a clear 7", "例子：一个清楚的 7"],
  "pad.unsure": ["4? 9?", "4? 9?"],
  "pad.unsure.title": ["Example: the network is unsure", "例子：网络拿不准的字"],
  "pad.scribble": ["scribble", "涂鸦"],
  "pad.scribble.title": ["Example: not a digit", "例子：不是数字"],
  "pad.another": ["MNIST", "MNIST"],
  "pad.another.title": [
    "Another digit from the 1,000 test images, at random",
    "从 1,000 张测试图中随机取一张",
  ],

  "prepare.title": [
    "**To 28×28** the network sees only the last",
    "**变成 28×28** 网络只看得到最后一张",
  ],
  "prepare.ink": ["ink", "墨迹"],
  "prepare.ink.what": ["where something is drawn", "哪里有笔迹"],
  "prepare.cut": ["cut", "裁剪"],
  "prepare.cut.what": ["cut to the ink", "按笔迹的范围裁剪"],
  "prepare.box": ["20×20", "20×20"],
  "prepare.box.what": ["its longer side becomes 20 pixels", "长边缩放到 20 个像素"],
  "prepare.center": ["center", "重心"],
  "prepare.center.what": ["its center of mass moves to the middle", "把重心移到正中"],
  "prepare.digit": ["28×28", "28×28"],
  "prepare.digit.what": ["what the network reads", "网络读取的图像"],
  "prepare.plain": [
    "If only resized: read as **{answer}** ({share})",
    "如果只缩小整块画板：会读成 **{answer}**（{share}）",
  ],
  "prepare.plain.unsure": [
    "If only resized: unsure, perhaps **{answer}** ({share})",
    "如果只缩小整块画板：拿不准，可能是 **{answer}**（{share}）",
  ],
  "prepare.plain.none": [
    "If only resized, a digit may be read differently",
    "如果只缩小整块画板，结果可能不同",
  ],
  "prepare.brought": [
    "A digit of your picture, as the server found it: already 28×28",
    "图片里的一个数字，由服务器找出并处理，已经是 28×28",
  ],
  "prepare.sample": [
    "A test image of MNIST, labeled {label}: already 28×28",
    "MNIST 的一张测试图，标签是 {label}，本来就是 28×28",
  ],

  "answer.blank": ["Nothing drawn", "还没有画"],
  "answer.blank.why": ["A blank pad gets no answer", "空白的画板没有答案"],
  "answer.unsure": ["{share}, unsure", "{share}，拿不准"],
  "answer.sure.why": [
    "sure: it answers at {threshold} or more",
    "确定：概率达到 {threshold} 就给出答案",
  ],
  "answer.unsure.why": [
    "below {threshold} it does not answer; {second} is next with {share}",
    "概率低于 {threshold}，不给出答案；其次是 {second}（{share}）",
  ],
  "answer.scribble": [
    "This network never saw a scribble and has to pick one of ten. Try the shipped classifier.",
    "这个网络从没见过涂鸦，只能在十个数字里选一个。可以换成自带的模型试试。",
  ],
  "answer.bar": ["{name}: {share}. Trace back to the pixels", "{name}：{share}。追溯到像素"],
};
