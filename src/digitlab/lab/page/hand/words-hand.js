// The words of part 6, Teach it your hand.

export const HAND = {
  "hand.hint": ["correct it", "纠正它，让它学习"],
  "hand.server": [
    "In this exported page nothing can be stored: start `digitlab lab` to teach it your hand.",
    "导出的页面不能保存任何内容：要教它认识你的笔迹，请运行 `digitlab lab`。",
  ],
  "hand.read": [
    "Your drawing is read as **{digit}** ({share}). What is it really?",
    "你画的数字被读成 **{digit}**（{share}）。实际是几？",
  ],
  "hand.read.box": [
    "This digit of your picture is read as **{digit}** ({share}). What is it really?",
    "图片里的这个数字被读成 **{digit}**（{share}）。实际是几？",
  ],
  "hand.blank": [
    "Draw a digit in part 1, or choose one in a picture in part 5.",
    "请先在第 1 部分画一个数字，或在第 5 部分的图片里选一个。",
  ],
  "hand.sample": [
    "This is a test image of MNIST. A network that learned from it could no longer be tested with it, so it is not stored. Draw a digit of your own.",
    "这是 MNIST 的测试图。网络一旦学过它，就不能再用它来测试，所以不保存。请自己画一个。",
  ],
  "hand.truth": ["What it really is", "实际是几"],
  "hand.consent": [
    "I agree that my corrections are stored in this folder:",
    "我同意把纠错样本保存到这个文件夹：",
  ],
  "hand.consent.what": [
    "Each is a picture of the digit, its right label, the network's answer, and the time. They stay on this machine, and you can delete them at any time.",
    "每个样本包括：数字的图像、正确的标签、网络的答案和时间。它们只留在本机，随时可以删除。",
  ],
  "hand.store": ["Store the correction", "保存为纠错样本"],
  "hand.stored": ["Stored: this is a {label}.", "已保存：这是 {label}。"],
  "hand.needs.consent": ["First agree that it is stored.", "请先同意保存。"],
  "hand.needs.label": ["First say which digit it is.", "请先选出这是几。"],
  "hand.list": ["Your corrections", "你的纠错样本"],
  "hand.count": ["{count} stored", "已保存 {count} 个"],
  "hand.count.one": ["1 stored", "已保存 1 个"],
  "hand.empty": [
    "Nothing is stored yet. Ten or more corrections, a few of each digit that goes wrong, are a good start.",
    "还没有保存任何样本。先积累十个以上，常读错的数字各画几个，就是个好的开始。",
  ],
  "hand.item": ["read as {answer}, really {label}", "读成 {answer}，实际是 {label}"],
  "hand.delete": [
    "Delete: read as {answer}, really {label}",
    "删除：读成 {answer}，实际是 {label}",
  ],
  "hand.deleted": ["Deleted", "已删除"],
  "hand.delete.all": ["Delete all", "全部删除"],
  "hand.delete.sure": ["Delete all {count} for good?", "确定永久删除全部 {count} 个？"],
  "hand.delete.yes": ["Yes, delete", "确定删除"],
  "hand.delete.no": ["Keep them", "保留"],
  "hand.download": ["Download (.zip)", "下载 (.zip)"],
  "hand.learn": ["Let a network learn from them", "让网络从中学习"],
  "hand.learn.what": [
    "A new network is trained on MNIST and on your corrections together; that keeps it from forgetting everybody else's hand.",
    "用 MNIST 和你的纠错样本一起训练一个新网络，这样它不会忘记别人的笔迹。",
  ],
  "hand.command": ["On the command line:", "在命令行中："],
  "hand.copy": ["Copy", "复制"],
  "hand.copied": ["Copied", "已复制"],
  "hand.train": ["Train with {count} corrections", "用 {count} 个纠错样本训练"],
  "hand.train.none": ["Store corrections first", "请先保存纠错样本"],
  "hand.training": [
    "Training {name}: {share} of the images seen",
    "正在训练 {name}：已完成 {share}",
  ],
  "hand.starting": ["Starting the training…", "正在启动训练…"],
  "hand.paused": [
    "{name} is paused; continue it in part 4.",
    "{name} 已暂停，可以在第 4 部分继续。",
  ],
  "hand.failed": ["The training failed: {reason}", "训练失败：{reason}"],
  "hand.result": ["Your corrections, read before and after", "你的纠错样本：训练前后的读法"],
  "hand.before": ["Before", "训练前"],
  "hand.after": ["After", "训练后"],
  "hand.right": ["{right} of {count} right", "{count} 个中读对 {right} 个"],
  "hand.test": ["MNIST test set: {share}", "MNIST 测试集：{share}"],
  "hand.recipes": [
    "Before: {before}; after: recipe {recipe}. The difference on MNIST is mostly the recipe's.",
    "训练前是 {before}，训练后用的是配方 {recipe}。MNIST 上的差别主要来自配方。",
  ],
  "hand.result.note": [
    "It has learned these very corrections, so this shows that it learned, not how well it reads new ones. Draw some more to see that.",
    "它学的正是这些样本，所以这只说明它学到了，不说明它能读好新写的字。再画几个试试看。",
  ],
  "hand.use": ["Use the new network on this page", "在本页使用新网络"],
};
