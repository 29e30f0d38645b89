// The words of part 2, Look inside.

export const INSIDE = {
  "inside.title": ["Look inside", "看看内部"],
  "inside.hint": ["one line, one step", "一行，一步"],
  "network.choose": ["Network", "网络"],
  "network.example": ["the tutorial's network", "教程的网络"],
  "network.shipped": ["the shipped classifier", "自带的模型"],
  "network.parameters": ["{count} parameters", "{count} 个参数"],
  "network.step": ["changed by your step", "你又让它学习了 1 步"],
  "network.steps": ["changed by your {count} steps", "你又让它学习了 {count} 步"],
  "network.accuracy": ["{share} right", "准确率 {share}"],

  "lines.label": ["The lines of forward", "forward 的各行"],
  "lines.parameters": ["{count} parameters", "{count} 个参数"],
  "scale.label": [
    "Colors from {least} (orange) over 0 (paper) to {most} (blue)",
    "颜色从 {least}（橙色）经 0（纸的颜色）到 {most}（蓝色）",
  ],
  "scale.words": [
    "Zero has the color of the paper. Sheets show the size and number of the maps, bars the number of parameters.",
    "0 就是纸的颜色。叠放的方块表示特征图的大小和张数，横条表示参数的多少。",
  ],

  "map.label": ["Map {channel}, {shape} values", "第 {channel} 张特征图，{shape} 个值"],
  "map.large": [
    "Map {channel} of {count}: tap a value",
    "{count} 张特征图中的第 {channel} 张：点一个值",
  ],
  "row.label": ["{count} values", "{count} 个值"],

  "op.input": [
    "The picture as the network gets it: 28×28 pixels after [[normalization]]. Each pixel is divided by 255, less the mean {mean}, over the standard deviation {std}.",
    "网络的输入：28×28 个像素，经过[[normalization]]。每个像素除以 255，减去平均值 {mean}，再除以标准差 {std}。",
  ],
  "op.conv.first": [
    "[[convolution]]: {outputs} templates of {size}×{size} slide over the picture; a value is large where the picture looks like the template.",
    "[[convolution]]：{outputs} 个 {size}×{size} 的卷积核在图像上滑动；图像与卷积核越相似，值就越大。",
  ],
  "op.conv.places": [
    " A window of {size} fits into {side} pixels at {places} places.",
    "{size}×{size} 的窗口在 {side} 个像素里有 {places} 个位置。",
  ],
  "op.conv.stride": [
    " A window of {size} crosses {side} pixels, moving {stride} pixels at a time: {places} places.",
    "{size}×{size} 的窗口在 {side} 个像素上每次移动 {stride} 个像素，共有 {places} 个位置。",
  ],
  "op.conv": [
    "Each [[kernel]], and there are {outputs}, looks at the same {size}×{size} window in all {inputs} maps at once: what it found there is added up.",
    "共有 {outputs} 个[[kernel]]，每个都同时看全部 {inputs} 张特征图里同一个 {size}×{size} 的窗口，把在那里找到的都加起来。",
  ],
  "op.max_pool": [
    "[[pooling]]: of each {size}×{size} square only the largest value is kept. Where exactly it was is forgotten, so a small shift of the pen changes little.",
    "[[pooling]]：每个 {size}×{size} 的方块只保留最大的值。它原来在哪一格就不再知道了，所以笔画稍微移动一点，结果变化很小。",
  ],
  "op.relu": [
    "[[relu]]: what is negative becomes 0. The orange disappears. Without this bend, two layers would be no more than one.",
    "[[relu]]：负数变成 0，橙色就消失了。没有这一步非线性，两层叠起来只相当于一层。",
  ],
  "op.norm": [
    "[[batchNorm]]: each map is shifted and scaled by the mean and deviation that it had in training, then by a scale and an offset that were learned.",
    "[[batchNorm]]：每张特征图先用训练时的平均值和标准差平移、缩放，再乘上学到的比例，加上学到的偏移。",
  ],
  "op.dropout": [
    "[[dropout]]: in training, {rate} of the values, chosen at random, become 0 and the others are multiplied by {length}. When a digit is read, nothing is dropped.",
    "[[dropout]]：训练时随机让 {rate} 的值变成 0，其余的乘以 {length}。读数字时什么也不丢弃。",
  ],
  "op.dropout2d": [
    "[[dropout]] of whole maps: in training, {rate} of the {outputs} maps become 0 and the others are multiplied by {length}. When a digit is read, nothing is dropped.",
    "整张特征图的[[dropout]]：训练时 {outputs} 张特征图里随机有 {rate} 变成 0，其余的乘以 {length}。读数字时什么也不丢弃。",
  ],
  "op.flatten": [
    "[[flatten]]: {shape} values in one row of {outputs}. No number changes; the next layer no longer knows which were neighbors.",
    "[[flatten]]：把 {shape} 个值排成一行，共 {outputs} 个。数值不变，但下一层不再知道哪些值原来相邻。",
  ],
  "op.linear": [
    "[[linear]]: each of the {outputs} values weighs all {count} values before it, each with a [[weight]] of its own, and adds a [[bias]].",
    "[[linear]]：{outputs} 个输出，每个都把前面全部 {count} 个值加权求和，每个值有各自的[[weight]]，最后加上一个[[bias]]。",
  ],
  "op.log_softmax": [
    "[[softmax]]: scores become shares that add up to 100%. What is kept is their logarithm, which loses no digits.",
    "[[softmax]]：把得分变成总和为 100% 的概率。保存的是它们的对数，这样不损失精度。",
  ],

  "number.play": ["one by one", "逐项相加"],
  "number.stop": ["stop", "停止"],
  "number.bias": ["bias", "偏置"],
  "conv.window": ["{size} window of {source}", "{source} 的 {size} 窗口"],
  "conv.kernel": ["kernel: learned weights", "卷积核：学到的权重"],
  "conv.products": ["products", "乘积"],
  "conv.window.label": ["Window", "窗口"],
  "conv.kernel.label": ["Kernel", "卷积核"],
  "conv.products.label": ["Products", "乘积"],
  "conv.framed": ["Framed: {window} × {weight} =", "框中的一项：{window} × {weight} ="],
  "conv.below": ["  Below: adding up, bias first", "　下面：从偏置起逐项累加"],
  "conv.below.zero": ["  Below: adding up from 0", "　下面：从 0 起逐项累加"],
  "conv.below.parts": [
    "  Below: the sums of all maps, bias first",
    "　下面：从偏置起把各特征图的和加起来",
  ],
  "conv.below.parts.zero": [
    "  Below: the sums of all maps, adding up from 0",
    "　下面：从 0 起把各特征图的和加起来",
  ],
  "conv.partials": [
    "One sum for each of the {count} maps before it: choose one to open it",
    "前面 {count} 张特征图各有一个和：点一个展开",
  ],
  "conv.partials.label": ["Sums for each input map", "各输入特征图的和"],
  "conv.sum.products": ["{count} products", "{count} 项之和"],
  "conv.sum.parts": ["{count} sums", "{count} 个和"],

  "linear.products.maps": [
    "{count} products, in the shape of the maps before",
    "{count} 个乘积，按前面特征图的形状排列",
  ],
  "linear.products": ["{count} products", "{count} 个乘积"],
  "linear.largest": ["The {count} largest", "最大的 {count} 项"],
  "linear.order": ["Order of the sum", "相加顺序"],
  "linear.order.size": ["largest first", "从大到小"],
  "linear.order.order": ["in order", "按原来的顺序"],

  "simple.before": ["before: {name}", "之前：{name}"],
  "simple.after": ["after", "之后"],
  "pool.window": ["its square", "对应的方块"],
  "pool.four": ["the {count} values", "{count} 个值"],
  "pool.place": ["number {place} wins", "第 {place} 个最大"],
  "pool.why": [
    "The largest of the square is kept, the other {others} are forgotten.",
    "方块里最大的值保留下来，其余 {others} 个被舍弃。",
  ],
  "pool.off": [
    "Pooling is taken away: the first of the square is kept, whatever it is.",
    "池化已去掉：不管大小，只保留方块里的第一个值。",
  ],
  "relu.kept": ["It is above 0 and passes unchanged.", "它大于 0，原样通过。"],
  "relu.cut": [
    "It is below 0 and becomes 0: this template did not match here.",
    "它小于 0，变成 0：这个卷积核与此处不匹配。",
  ],
  "relu.off": [
    "ReLU is taken away: everything passes unchanged.",
    "ReLU 已去掉：所有值原样通过。",
  ],
  "norm.why": [
    "The first two numbers were measured in training, the last two were learned. All values of this map share them.",
    "前两个数是在训练中统计出来的，后两个是学到的。这张特征图的所有值共用它们。",
  ],
  "drop.off": [
    "Nothing is dropped while reading. Switch dropout on to see what training sees.",
    "读数字时什么也不丢弃。打开 dropout，可以看到训练时的样子。",
  ],
  "drop.on": [
    "In training, {rate}% of the values are dropped and the others are multiplied by {times}, so that the sum stays about the same.",
    "训练时丢弃 {rate}% 的值，其余的乘以 {times}，使总和大致不变。",
  ],
  "drop2d.on": [
    "In training, {rate}% of the maps are dropped whole and the others are multiplied by {times}, so that the sum stays about the same.",
    "训练时整张丢弃 {rate}% 的特征图，其余的乘以 {times}，使总和大致不变。",
  ],
  "drop.dropped": ["dropped", "已丢弃"],
  "drop.kept": ["kept", "保留"],
  "drop.scaled": ["kept, and scaled", "保留并放大"],
  "flatten.place": ["[{index}] before", "原来的 [{index}]"],
  "flatten.at": ["its place in the row", "在这一行中的位置"],
  "flatten.same": ["the same value", "值不变"],
  "flatten.why": ["Only the shape changes.", "变的只是形状。"],
  "input.why": [
    "Over all training images, the values then have mean 0 and standard deviation 1. Blank paper is a little below 0.",
    "这样，全部训练图的像素平均值为 0，标准差为 1。空白的纸略小于 0。",
  ],
  "formula.pixel": ["the pixel", "像素"],
  "formula.white": ["full ink", "最深的笔迹"],
  "formula.mean": ["mean", "平均值"],
  "formula.std": ["standard deviation", "标准差"],
  "formula.deviation": ["deviation", "标准差"],
  "formula.scale": ["scale", "比例"],
  "formula.offset": ["offset", "偏移"],
  "formula.before": ["before", "之前"],
  "formula.after": ["after", "之后"],

  "softmax.caption": ["From scores to probabilities", "从得分到概率"],
  "softmax.digit": ["digit", "数字"],
  "softmax.score": ["score", "得分"],
  "softmax.power": ["e^(score − largest)", "e^(得分 − 最大)"],
  "softmax.share": ["share", "概率"],
  "softmax.log": ["its logarithm", "概率的对数"],
  "softmax.sum": ["sum", "总和"],
  "softmax.note": [
    "The largest score, {largest}, is subtracted first, so that no power becomes too large.",
    "先减去最大的得分 {largest}，这样指数就不会溢出。",
  ],
  "softmax.temperature": [
    "For the answer, the logarithms are divided by the temperature {temperature} first, which was fitted so that 90% sure is right 9 times of 10.",
    "给出答案之前，先把对数除以温度 {temperature}。温度的取值让“90% 的把握”在 10 次里真的对 9 次。",
  ],

  "trace.title": ["Trace back to the pixels", "追溯到像素"],
  "trace.start": ["Which pixels spoke for it?", "哪些像素支持这个答案？"],
  "trace.why": ["Why", "为什么是"],
  "trace.not": ["and not", "而不是"],
  "trace.nothing": ["(any)", "（任何）"],
  "trace.off": ["Done", "收起"],
  "trace.label": ["What each pixel adds to the score", "每个像素对得分的贡献"],
  "trace.one": [
    "Blue ink raised the score of {digit}, orange ink lowered it: +{plus} and −{minus} in all, by gradient × input. It is on the pad as well.",
    "蓝色的墨迹提高了 {digit} 的得分，橙色的降低了它：合计 +{plus} 和 −{minus}（梯度 × 输入）。画板上也有显示。",
  ],
  "trace.two": [
    "Blue ink spoke for {digit} against {other}, orange ink for {other}: +{plus} and −{minus} in all, by gradient × input. It is on the pad as well.",
    "蓝色的墨迹支持 {digit}、反对 {other}，橙色的支持 {other}：合计 +{plus} 和 −{minus}（梯度 × 输入）。画板上也有显示。",
  ],

  "without.title": ["Take one thing away, see what it was for", "去掉一样，看看它的作用"],
  "without.relu": ["ReLU", "ReLU"],
  "without.pooling": ["pooling", "池化"],
  "without.dropout": ["+ dropout", "+ dropout"],
  "without.centering": ["centering", "居中"],
  "without.normalization": ["normalizing", "归一化"],
  "without.none": [
    "Nothing is taken away. Taking something away does not train the network again: its weights stay the same.",
    "现在什么也没有去掉。去掉时不会重新训练，权重保持不变。",
  ],
  "without.answer": [
    "Your drawing: {before} before, {after} now.",
    "你画的数字：原来是 {before}，现在是 {after}。",
  ],
  "without.testing": ["Trying {count} test images …", "正在测试 {count} 张图像……"],
  "without.tests": [
    "Of {count} test images, {less} are read right instead of {full}.",
    "{count} 张测试图中读对 {less} 张，原来是 {full} 张。",
  ],
};
