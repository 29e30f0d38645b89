// The words of part 6, Teach it your hand.

export const HAND = {
  "hand.hint": ["correct it", "改正它，让它学"],
  "hand.server": [
    "In this exported page nothing can be stored: start `digitlab lab` to teach it your hand.",
    "导出的页面存不了东西：要教它认你的字，请运行 `digitlab lab`。",
  ],
  "hand.read": [
    "Your drawing is read as **{digit}** ({share}). What is it really?",
    "你画的被读成 **{digit}**（{share}）。其实是几？",
  ],
  "hand.read.box": [
    "This digit of your picture is read as **{digit}** ({share}). What is it really?",
    "图里的这个数字被读成 **{digit}**（{share}）。其实是几？",
  ],
  "hand.blank": [
    "Draw a digit in part 1, or choose one in a picture in part 5.",
    "先在第 1 部分画一个数字，或在第 5 部分的图里选一个。",
  ],
  "hand.sample": [
    "This is a test image of MNIST. A network that learned from it could no longer be tested with it, so it is not stored. Draw a digit of your own.",
    "这是 MNIST 的测试图。学了它，就不能再用它来考了，所以不存。请自己画一个。",
  ],
  "hand.truth": ["What it really is", "其实是几"],
  "hand.consent": [
    "I agree that my corrections are stored in this folder:",
    "我同意把改正存进这个文件夹：",
  ],
  "hand.consent.what": [
    "Each is a picture of the digit, its right label, the network's answer, and the time. They stay on this machine, and you can delete them at any time.",
    "每条包括：数字的图、正确的标签、网络的答案、时间。只留在本机，随时可以删。",
  ],
  "hand.store": ["Store the correction", "存下这条改正"],
  "hand.stored": ["Stored: this is a {label}.", "存好了：这是 {label}。"],
  "hand.needs.consent": ["First agree that it is stored.", "要先同意存下来。"],
  "hand.needs.label": ["First say which digit it is.", "先说这是几。"],
  "hand.list": ["Your corrections", "你的改正"],
  "hand.count": ["{count} stored", "存了 {count} 条"],
  "hand.count.one": ["1 stored", "存了 1 条"],
  "hand.empty": [
    "Nothing is stored yet. Ten or more corrections, a few of each digit that goes wrong, are a good start.",
    "还没有存。先改十几条：常读错的数字，每个来几张，就是个好开头。",
  ],
  "hand.item": ["read as {answer}, really {label}", "读成 {answer}，其实是 {label}"],
  "hand.delete": [
    "Delete: read as {answer}, really {label}",
    "删除：读成 {answer}，其实是 {label}",
  ],
  "hand.deleted": ["Deleted", "已删除"],
  "hand.delete.all": ["Delete all", "全部删除"],
  "hand.delete.sure": ["Delete all {count} for good?", "全部 {count} 条都删掉，不能恢复？"],
  "hand.delete.yes": ["Yes, delete", "删掉"],
  "hand.delete.no": ["Keep them", "留着"],
  "hand.download": ["Download (.zip)", "下载 (.zip)"],
  "hand.learn": ["Let a network learn from them", "让网络来学"],
  "hand.learn.what": [
    "A new network is trained on MNIST and on your corrections together; that keeps it from forgetting everybody else's hand.",
    "新网络把 MNIST 和你的改正放在一起学，这样不会忘了别人的字。",
  ],
  "hand.command": ["On the command line:", "在命令行里："],
  "hand.copy": ["Copy", "复制"],
  "hand.copied": ["Copied", "已复制"],
  "hand.train": ["Train with {count} corrections", "用 {count} 条改正来训练"],
  "hand.train.none": ["Store corrections first", "先存几条改正"],
  "hand.training": [
    "Training {name}: {share} of the images seen",
    "正在训练 {name}：看过 {share} 的图",
  ],
  "hand.starting": ["Starting the training…", "正在开始训练…"],
  "hand.paused": [
    "{name} is paused; continue it in part 4.",
    "{name} 已暂停，可以在第 4 部分继续。",
  ],
  "hand.failed": ["The training failed: {reason}", "训练失败：{reason}"],
  "hand.result": ["Your corrections, read before and after", "你的改正：学之前和学之后"],
  "hand.before": ["Before", "之前"],
  "hand.after": ["After", "之后"],
  "hand.right": ["{right} of {count} right", "{count} 条对了 {right} 条"],
  "hand.test": ["MNIST test set: {share}", "MNIST 测试集：{share}"],
  "hand.recipes": [
    "Before: {before}; after: recipe {recipe}. The difference on MNIST is mostly the recipe's.",
    "之前是 {before}，之后是 {recipe} 配方；MNIST 的差别主要来自配方。",
  ],
  "hand.result.note": [
    "It has learned these very corrections, so this shows that it learned, not how well it reads new ones. Draw some more to see that.",
    "它学的正是这些，所以这只说明它学了，不说明新写的也认得。再画几个试试。",
  ],
  "hand.use": ["Use the new network on this page", "本页改用新网络"],
};
