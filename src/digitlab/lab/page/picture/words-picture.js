// The words of part 5, Bring a picture.

export const PICTURE = {
  "picture.hint": ["photo or scan", "照片或扫描件"],
  "picture.what": [
    "One digit, or a whole page of numbers. digitlab finds every digit, and the signs between them, and here you see what the network saw of each digit.",
    "一个数字，或者一整页数字。digitlab 会找出每一个数字和它们之间的符号，你可以看到网络看到的每个数字的图像。",
  ],
  "picture.choose": ["Choose a picture", "选择图片"],
  "picture.camera": ["Camera", "摄像头"],
  "picture.ways": ["or drop one on this page, or paste it", "也可以把图片拖到本页，或者粘贴"],
  "picture.private": [
    "The picture goes to digitlab on this machine and nowhere else. It is not stored.",
    "图片只交给本机上的 digitlab，不保存，也不上传。",
  ],
  "picture.mode": ["Read it as", "读取方式"],
  "picture.mode.page": ["page of numbers", "一页数字"],
  "picture.mode.one": ["one digit", "一个数字"],
  "picture.server": [
    "In this exported page there is nobody to read pictures: start `digitlab lab` for that.",
    "导出的页面不能读图片：要读图片，请运行 `digitlab lab`。",
  ],
  "picture.drop": ["Let go to read this picture", "松开鼠标，读取这张图片"],
  "picture.place": ["Drop a picture here", "把图片拖到这里"],
  "picture.place.how": [
    "a photo of a note, a form, a screenshot of digits",
    "便条的照片、表格、数字的截图都可以",
  ],
  "picture.reading": ["Reading {name}…", "正在读取 {name}…"],
  "picture.pasted": ["the pasted picture", "粘贴的图片"],
  "picture.photo": ["the photo", "照片"],
  "picture.none": ["No digit was found in this picture.", "这张图片里没有找到数字。"],
  "picture.found": [
    "{count} digits, {unsure} of them unsure",
    "{count} 个数字，其中 {unsure} 个拿不准",
  ],
  "picture.found.one": ["1 digit", "1 个数字"],
  "picture.found.sure": ["{count} digits", "{count} 个数字"],
  "picture.text": ["The text", "读出的文字"],
  "picture.unsure.note": [
    "? is a digit that the network is not sure about",
    "? 是网络拿不准的数字",
  ],
  "picture.box": [
    "Digit {number} of {count}: {digit}, {share}{unsure}",
    "第 {number} 个，共 {count} 个：{digit}，{share}{unsure}",
  ],
  "picture.box.unsure": [", unsure", "，拿不准"],
  "picture.box.or": ["{digit} or {other}?", "{digit} 还是 {other}？"],
  "picture.numbers": ["Numbers: {count}", "数：{count} 个"],
  "picture.numbers.what": [
    "each with the lowest probability of its digits",
    "每个数附上其中各数字的最低概率",
  ],
  "picture.turned": [
    "The picture was turned {degrees}° clockwise to be read.",
    "为了读取，图片按顺时针转了 {degrees}°。",
  ],
  "picture.ignored": [
    "Not read, in thin gray frames: {count} (letters or marks as large as a digit)",
    "没有读的墨迹：{count} 处（灰色细框，和数字差不多大的字母或记号）",
  ],
  "picture.boxes": [
    "The digits in the picture: arrow keys go from one to the next",
    "图片里的数字：用方向键逐个查看",
  ],
  "picture.alt": ["the picture that was read", "读取的图片"],
  "picture.unseen": [
    "This browser cannot show this format; the boxes are where the digits are.",
    "浏览器不能显示这种格式；方框标出的是数字的位置。",
  ],
  "picture.chosen": ["What the network saw", "网络看到的图像"],
  "picture.chosen.why": [
    "These 28×28 pixels are now in parts 1 and 2: every number there is about them.",
    "这 28×28 个像素已经放进第 1、2 部分，那里的每个数都来自它们。",
  ],
  "picture.chosen.hint": [
    "Choose a box to see what the network saw, and to send it through the network above.",
    "点一个方框，看看网络看到的图像，并让它流过上面的网络。",
  ],
  "picture.read.by": [
    "Read by the network that reads pictures: **{digit}** ({share})",
    "读图片的网络读成 **{digit}**（{share}）",
  ],
  "picture.read.page": [
    "The network above reads **{digit}** ({share})",
    "上面的网络读成 **{digit}**（{share}）",
  ],
  "picture.inside": ["Look inside", "看看内部"],
  "picture.correct": ["It is wrong", "读错了"],
  "picture.several": [
    "This seems to be several digits in a row; read it as a page of numbers.",
    "这好像是连在一起的几个数字，请按“一页数字”来读。",
  ],
  "picture.snap": ["Take the photo", "拍照"],
  "picture.cancel": ["Cancel", "取消"],
  "picture.camera.live": ["What the camera sees", "摄像头的画面"],
  "picture.camera.none": [
    "No camera can be used ({reason}); choose a picture instead.",
    "无法使用摄像头（{reason}），请选择一张图片。",
  ],
  "picture.not.a.file": [
    "What was dropped is not a picture file. Save the picture first, then drop the file.",
    "拖进来的不是图片文件。请先保存图片，再把文件拖进来。",
  ],
  "picture.not.a.picture": ["{name} is not a picture.", "{name} 不是图片。"],
  "picture.again": ["Another picture", "换一张"],
};
