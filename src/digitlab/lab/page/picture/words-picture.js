// The words of part 5, Bring a picture.

export const PICTURE = {
  "picture.hint": ["photo or scan", "照片、截图都行"],
  "picture.what": [
    "One digit, or a whole page of numbers. digitlab finds every digit, and here you see what the network saw of it.",
    "一个数字，或者一整页数。digitlab 把每个数字找出来，你能看到网络看见的是什么。",
  ],
  "picture.choose": ["Choose a picture", "选一张图"],
  "picture.camera": ["Camera", "拍照"],
  "picture.ways": ["or drop one on this page, or paste it", "也可以拖进来，或者粘贴"],
  "picture.private": [
    "The picture goes to digitlab on this machine and nowhere else. It is not stored.",
    "图片只交给本机上的 digitlab，不存盘，也不上传。",
  ],
  "picture.mode": ["Read it as", "当作"],
  "picture.mode.page": ["page of numbers", "一页数"],
  "picture.mode.one": ["one digit", "一个数字"],
  "picture.server": [
    "In this exported page there is nobody to read pictures: start `digitlab lab` for that.",
    "导出的页面读不了图片：要读图，请运行 `digitlab lab`。",
  ],
  "picture.drop": ["Let go to read this picture", "松手就读这张图"],
  "picture.place": ["Drop a picture here", "把图片拖到这里"],
  "picture.place.how": [
    "a photo of a note, a form, a screenshot of digits",
    "便条的照片、表格、数字的截图",
  ],
  "picture.reading": ["Reading {name}…", "正在读 {name}…"],
  "picture.pasted": ["the pasted picture", "粘贴的图片"],
  "picture.photo": ["the photo", "照片"],
  "picture.none": ["No digit was found in this picture.", "这张图里没有找到数字。"],
  "picture.found": [
    "{count} digits, {unsure} of them unsure",
    "{count} 个数字，其中 {unsure} 个拿不准",
  ],
  "picture.found.one": ["1 digit", "1 个数字"],
  "picture.found.sure": ["{count} digits", "{count} 个数字"],
  "picture.text": ["The text", "读出的数"],
  "picture.unsure.note": [
    "? is a digit that the network is not sure about",
    "? 是网络拿不准的数字",
  ],
  "picture.box": [
    "Digit {number} of {count}: {digit}, {share}{unsure}",
    "第 {number} 个，共 {count} 个：{digit}，{share}{unsure}",
  ],
  "picture.box.unsure": [", unsure", "，拿不准"],
  "picture.boxes": [
    "The digits in the picture: arrow keys go from one to the next",
    "图里的数字：用方向键一个一个看",
  ],
  "picture.alt": ["the picture that was read", "读的这张图"],
  "picture.unseen": [
    "This browser cannot show this format; the boxes are where the digits are.",
    "浏览器显示不了这种格式；框的位置就是数字的位置。",
  ],
  "picture.chosen": ["What the network saw", "网络看见的"],
  "picture.chosen.why": [
    "These 28×28 pixels are now in parts 1 and 2: every number there is about them.",
    "这 28×28 个像素已经放进第 1、2 部分，那里的每个数都是它的。",
  ],
  "picture.chosen.hint": [
    "Choose a box to see what the network saw, and to send it through the network above.",
    "点一个框，看网络看见的是什么，再让它从上面的网络里走一遍。",
  ],
  "picture.read.by": [
    "Read by the network that reads pictures: **{digit}** ({share})",
    "读图的网络读成 **{digit}**（{share}）",
  ],
  "picture.read.page": [
    "The network above reads **{digit}** ({share})",
    "上面的网络读成 **{digit}**（{share}）",
  ],
  "picture.inside": ["Look inside", "看看里面"],
  "picture.correct": ["It is wrong", "读错了"],
  "picture.several": [
    "This seems to be several digits in a row; read it as a page of numbers.",
    "这好像是连着的几个数字，请按“一页数”来读。",
  ],
  "picture.snap": ["Take the photo", "拍下来"],
  "picture.cancel": ["Cancel", "取消"],
  "picture.camera.live": ["What the camera sees", "镜头里的画面"],
  "picture.camera.none": [
    "No camera can be used ({reason}); choose a picture instead.",
    "用不了摄像头（{reason}），请选一张图片。",
  ],
  "picture.not.a.file": [
    "What was dropped is not a picture file. Save the picture first, then drop the file.",
    "拖进来的不是图片文件。请先把图片存下来，再拖文件。",
  ],
  "picture.not.a.picture": ["{name} is not a picture.", "{name} 不是图片。"],
  "picture.again": ["Another picture", "换一张"],
};
