// The words of part 2, Look inside.

export const INSIDE = {
  "inside.title": ["Look inside", "看看里面"],
  "inside.hint": ["one line, one step", "一行，一步"],
  "network.choose": ["Network", "网络"],
  "network.example": ["the tutorial's network", "教程的网络"],
  "network.shipped": ["the shipped classifier", "随包附带的分类器"],
  "network.parameters": ["{count} parameters", "{count} 个参数"],
  "network.step": ["changed by your step", "你又教了它 1 步"],
  "network.steps": ["changed by your {count} steps", "你又教了它 {count} 步"],
  "network.accuracy": ["{share} right", "{share} 读对"],

  "lines.label": ["The lines of forward", "forward 的各行"],
  "lines.parameters": ["{count} parameters", "{count} 个参数"],
  "scale.label": [
    "Colors from {least} (orange) over 0 (paper) to {most} (blue)",
    "颜色从 {least}（橙）经 0（纸色）到 {most}（蓝）",
  ],
  "scale.words": [
    "Zero has the color of the paper. Sheets show the size and number of the maps, bars the number of parameters.",
    "0 是纸的颜色。左边叠着的纸表示有几张图、每张多大；横条越长，参数越多。",
  ],

  "map.label": ["Map {channel}, {shape} values", "第 {channel} 张图，{shape} 个值"],
  "map.large": [
    "Map {channel} of {count}: tap a value",
    "{count} 张图里的第 {channel} 张：点一个值",
  ],
  "row.label": ["{count} values", "{count} 个值"],

  "op.input": [
    "The picture as the network gets it: 28×28 pixels after [[normalization]]. Each pixel is divided by 255, less the mean {mean}, over the standard deviation {std}.",
    "网络拿到的图：28×28 个像素，做过[[normalization]]。每个像素除以 255，减去均值 {mean}，再除以标准差 {std}。",
  ],
  "op.conv.first": [
    "[[convolution]]: {outputs} templates of {size}×{size} slide over the picture; a value is large where the picture looks like the template.",
    "[[convolution]]：{outputs} 个 {size}×{size} 的小模板各自在图上滑动；哪里像自己，哪里就大。",
  ],
  "op.conv.places": [
    " A window of {size} fits into {side} pixels at {places} places.",
    "{size}×{size} 的窗口在 {side} 个像素里有 {places} 个位置。",
  ],
  "op.conv.stride": [
    " A window of {size} crosses {side} pixels, moving {stride} pixels at a time: {places} places.",
    "{size}×{size} 的窗口在 {side} 个像素里每次跨 {stride} 格，所以是 {places} 个位置。",
  ],
  "op.conv": [
    "Each [[kernel]], and there are {outputs}, looks at the same {size}×{size} window in all {inputs} maps at once: what it found there is added up.",
    "{outputs} 个[[kernel]]，每个都同时看 {inputs} 张图里同一处 {size}×{size} 的窗口，把找到的都加起来。",
  ],
  "op.max_pool": [
    "[[pooling]]: of each {size}×{size} square only the largest value is kept. Where exactly it was is forgotten, so a small shift of the pen changes little.",
    "[[pooling]]：每个 {size}×{size} 的小方块只留最大的值。最大值原来在哪一格，之后就不知道了，所以笔画稍移一点，结果变化很小。",
  ],
  "op.relu": [
    "[[relu]]: what is negative becomes 0. The orange disappears. Without this bend, two layers would be no more than one.",
    "[[relu]]：负数变成 0，橙色消失。没有这一折，两层叠起来也只等于一层。",
  ],
  "op.norm": [
    "[[batchNorm]]: each map is shifted and scaled by the mean and deviation that it had in training, then by a scale and an offset that were learned.",
    "[[batchNorm]]：每张图先用训练时的均值和标准差平移缩放，再乘上学来的比例、加上学来的偏移。",
  ],
  "op.dropout": [
    "[[dropout]]: in training, {rate} of the values, chosen at random, become 0 and the others are multiplied by {length}. When a digit is read, nothing is dropped.",
    "[[dropout]]：训练时随机让 {rate} 的值变成 0，其余的乘以 {length}。读数字时什么也不丢。",
  ],
  "op.dropout2d": [
    "[[dropout]] of whole maps: in training, {rate} of the {outputs} maps become 0 and the others are multiplied by {length}. When a digit is read, nothing is dropped.",
    "整张图的[[dropout]]：训练时 {outputs} 张图里随机有 {rate} 变成 0，其余的乘以 {length}。读数字时什么也不丢。",
  ],
  "op.flatten": [
    "[[flatten]]: {shape} values in one row of {outputs}. No number changes; the next layer no longer knows which were neighbors.",
    "[[flatten]]：把 {shape} 个值排成一行 {outputs} 个。数都不变，只是下一层不再知道谁和谁相邻。",
  ],
  "op.linear": [
    "[[linear]]: each of the {outputs} values weighs all {count} values before it, each with a [[weight]] of its own, and adds a [[bias]].",
    "[[linear]]：{outputs} 个值，每个都给前面全部 {count} 个值各配一个[[weight]]，加起来，再加一个[[bias]]。",
  ],
  "op.log_softmax": [
    "[[softmax]]: scores become shares that add up to 100 %. What is kept is their logarithm, which loses no digits.",
    "[[softmax]]：把分数变成加起来是 100 % 的份额。留下来的是它们的对数，这样不损失精度。",
  ],

  "number.play": ["one by one", "一项一项地加"],
  "number.stop": ["stop", "停止"],
  "number.bias": ["bias", "偏置"],
  "conv.window": ["{size} window of {source}", "{source} 的 {size} 窗口"],
  "conv.kernel": ["kernel: learned weights", "核：学来的权重"],
  "conv.products": ["products", "逐格的乘积"],
  "conv.window.label": ["Window", "窗口"],
  "conv.kernel.label": ["Kernel", "核"],
  "conv.products.label": ["Products", "乘积"],
  "conv.framed": ["Framed: {window} × {weight} =", "框住的一项：{window} × {weight} ="],
  "conv.below": ["  Below: adding up, bias first", "　下面：从偏置起逐项累加"],
  "conv.below.zero": ["  Below: adding up from 0", "　下面：从 0 起逐项累加"],
  "conv.below.parts": [
    "  Below: the sums of all maps, bias first",
    "　下面：从偏置起把各图的和加起来",
  ],
  "conv.below.parts.zero": [
    "  Below: the sums of all maps, adding up from 0",
    "　下面：从 0 起把各图的和加起来",
  ],
  "conv.partials": [
    "One sum for each of the {count} maps before it: choose one to open it",
    "前面 {count} 张图，每张一个和：点一个打开",
  ],
  "conv.partials.label": ["Sums for each input map", "各输入图的和"],
  "conv.sum.products": ["{count} products", "{count} 项之和"],
  "conv.sum.parts": ["{count} sums", "{count} 个和"],

  "linear.products.maps": [
    "{count} products, in the shape of the maps before",
    "{count} 个乘积，按前面各图的样子摆",
  ],
  "linear.products": ["{count} products", "{count} 个乘积"],
  "linear.largest": ["The {count} largest", "最大的 {count} 项"],
  "linear.order": ["Order of the sum", "相加的顺序"],
  "linear.order.size": ["largest first", "从大到小"],
  "linear.order.order": ["in order", "按次序"],

  "simple.before": ["before: {name}", "之前：{name}"],
  "simple.after": ["after", "之后"],
  "pool.window": ["its square", "它的小方块"],
  "pool.four": ["the {count} values", "{count} 个值"],
  "pool.place": ["number {place} wins", "第 {place} 个胜出"],
  "pool.why": [
    "The largest of the square is kept, the other {others} are forgotten.",
    "小方块里最大的留下，另外 {others} 个被忘掉。",
  ],
  "pool.off": [
    "Pooling is taken away: the first of the square is kept, whatever it is.",
    "去掉了池化：不管大小，只留小方块里的第一个。",
  ],
  "relu.kept": ["It is above 0 and passes unchanged.", "它大于 0，原样通过。"],
  "relu.cut": [
    "It is below 0 and becomes 0: this template did not match here.",
    "它小于 0，变成 0：这里不像这个模板。",
  ],
  "relu.off": [
    "ReLU is taken away: everything passes unchanged.",
    "去掉了 ReLU：所有的数原样通过。",
  ],
  "norm.why": [
    "The first two numbers were measured in training, the last two were learned. All values of this map share them.",
    "前两个数是训练时量出来的，后两个是学来的。这张图里所有的值共用它们。",
  ],
  "drop.off": [
    "Nothing is dropped while reading. Switch dropout on to see what training sees.",
    "读数字时什么也不丢。打开 dropout，就能看到训练时的样子。",
  ],
  "drop.on": [
    "In training, {rate} % of the values are dropped and the others are multiplied by {times}, so that the sum stays about the same.",
    "训练时丢掉 {rate} % 的值，其余的乘以 {times}，这样总和大致不变。",
  ],
  "drop2d.on": [
    "In training, {rate} % of the maps are dropped whole and the others are multiplied by {times}, so that the sum stays about the same.",
    "训练时整张丢掉 {rate} % 的图，其余的乘以 {times}，这样总和大致不变。",
  ],
  "drop.dropped": ["dropped", "被丢掉"],
  "drop.kept": ["kept", "保留"],
  "drop.scaled": ["kept, and scaled", "保留并放大"],
  "flatten.place": ["[{index}] before", "之前的 [{index}]"],
  "flatten.at": ["its place in the row", "在这一行里的位置"],
  "flatten.same": ["the same value", "值不变"],
  "flatten.why": ["Only the shape changes.", "变的只是形状。"],
  "input.why": [
    "Over all training images, the values then have mean 0 and standard deviation 1. Blank paper is a little below 0.",
    "这样一来，全部训练图的值均值为 0、标准差为 1。空白的纸略低于 0。",
  ],
  "formula.pixel": ["the pixel", "像素"],
  "formula.white": ["full ink", "最浓的墨"],
  "formula.mean": ["mean", "均值"],
  "formula.std": ["standard deviation", "标准差"],
  "formula.deviation": ["deviation", "标准差"],
  "formula.scale": ["scale", "比例"],
  "formula.offset": ["offset", "偏移"],
  "formula.before": ["before", "之前"],
  "formula.after": ["after", "之后"],

  "softmax.caption": ["From scores to probabilities", "从分数到概率"],
  "softmax.digit": ["digit", "数字"],
  "softmax.score": ["score", "分数"],
  "softmax.power": ["e^(score − largest)", "e^(分数 − 最大)"],
  "softmax.share": ["share", "份额"],
  "softmax.log": ["its logarithm", "份额的对数"],
  "softmax.sum": ["sum", "和"],
  "softmax.note": [
    "The largest score, {largest}, is subtracted first, so that no power becomes too large.",
    "先减去最大的分数 {largest}，这样指数不会溢出。",
  ],
  "softmax.temperature": [
    "For the answer, the logarithms are divided by the temperature {temperature} first, which was fitted so that 90 % sure is right 9 times of 10.",
    "给出答案前，对数先除以温度 {temperature}；它是配出来的，让“九成把握”十次里真的对九次。",
  ],

  "trace.title": ["Trace back to the pixels", "追溯到像素"],
  "trace.start": ["Which pixels spoke for it?", "哪些像素替它说了话？"],
  "trace.why": ["Why", "为什么是"],
  "trace.not": ["and not", "而不是"],
  "trace.nothing": ["(any)", "（任何）"],
  "trace.off": ["Done", "收起"],
  "trace.label": ["What each pixel adds to the score", "每个像素给分数加了多少"],
  "trace.one": [
    "Blue ink raised the score of {digit}, orange ink lowered it: +{plus} and −{minus} in all, by gradient × input. It is on the pad as well.",
    "蓝色的墨抬高了 {digit} 的分数，橙色的压低了它：一共 +{plus} 和 −{minus}（梯度 × 输入）。画板上也有。",
  ],
  "trace.two": [
    "Blue ink spoke for {digit} against {other}, orange ink for {other}: +{plus} and −{minus} in all, by gradient × input. It is on the pad as well.",
    "蓝色的墨支持 {digit}、反对 {other}，橙色的支持 {other}：一共 +{plus} 和 −{minus}（梯度 × 输入）。画板上也有。",
  ],

  "without.title": ["Take one thing away, see what it was for", "去掉一样，看它有什么用"],
  "without.relu": ["ReLU", "ReLU"],
  "without.pooling": ["pooling", "池化"],
  "without.dropout": ["+ dropout", "+ dropout"],
  "without.centering": ["centering", "居中"],
  "without.normalization": ["normalizing", "归一化"],
  "without.none": [
    "All in place. Nothing was trained without them: the weights stay as they are.",
    "现在什么都没去掉。去掉一样时不会重新训练，权重不变。",
  ],
  "without.answer": [
    "Your drawing: {before} before, {after} now.",
    "你的字：原来 {before}，现在 {after}。",
  ],
  "without.testing": ["Trying {count} test images …", "正在试 {count} 张测试图……"],
  "without.tests": [
    "Of {count} test images, {less} are read right instead of {full}.",
    "{count} 张测试图里读对 {less} 张，原来是 {full} 张。",
  ],
};
