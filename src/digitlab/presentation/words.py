"""The words of `digitlab explain`, in both languages."""

from digitlab.language import Words

NETWORK = Words("The network", "网络")
OPERATION = Words("operation, shapes", "运算，形状")
DOES = Words("what it does, how sizes arise", "作用，尺寸的由来")
COUNTS = Words("parameters, multiply-adds", "参数，乘加次数")
OF_PARAMETERS = Words("= {count} parameters", "= {count} 个参数")
OF_ONE_PARAMETER = Words("= 1 parameter", "= 1 个参数")
OF_MULTIPLY_ADDS = Words("= {count} multiply-adds", "= {count} 次乘加")
SEES = Words("One value depends on {field} pixels.", "每个值取决于 {field} 个像素。")

TITLES = {
    "recipe": Words(
        "recipe {name}, with random weights (seed 1)", "配方 {name}，权重随机（种子 1）"
    ),
    "network": Words("{name}, with random weights (seed 1)", "{name}，权重随机（种子 1）"),
    "run": Words("the trained network in {name}", "{name} 中训练好的网络"),
    "model": Words("the exported model {name}", "导出的模型 {name}"),
    "pretrained": Words("the model that comes with digitlab", "digitlab 自带的模型"),
}
TOTALS = Words(
    "{parameters} parameters; {multiply_adds} multiply-adds for one image.",
    "共 {parameters} 个参数；处理一张图像需要 {multiply_adds} 次乘加。",
)
TOTALS_AT_LEAST = Words(
    "{parameters} parameters; at least {multiply_adds} multiply-adds for one image; not counted: "
    "{names}.",
    "共 {parameters} 个参数；处理一张图像至少需要 {multiply_adds} 次乘加；未统计：{names}。",
)
UNUSED = Words(
    "{count} further parameters are not used by forward.",
    "另有 {count} 个参数，forward 没有用到。",
)
DETECTS = Words(
    "A second output, is_digit, is not shown: a weighted sum of the values that the last linear "
    "layer takes, {count} parameters. Its sigmoid is the probability that it is a digit at all.",
    "还有第二个输出 is_digit，这里没有列出：它是最后一个全连接层的输入的加权和，{count} 个参数；"
    "经过 sigmoid 就是图中确实有数字的概率。",
)
SHAPES_NOTE = Words(
    "Shapes are of one image: channels × height × width. Multiply-adds are counted for "
    "convolutions, linear layers and matrix products; normalization, activations and pooling take "
    "little time.",
    "形状指一张图像：通道 × 高 × 宽。乘加次数只统计卷积、全连接和矩阵乘法；归一化、激活函数和池化"
    "耗时很少。",
)
FORMULA_NOTE = Words("Places of a window along one side", "窗口沿一边的位置数")
FORMULA_PARTS = {
    "size": Words("size", "边长"),
    "padding": Words("padding", "填充"),
    "dilation": Words("dilation", "扩张"),
    "kernel": Words("kernel", "窗口"),
    "stride": Words("stride", "步幅"),
}
NO_DROPOUT = Words(
    "In an exported model the operations have ONNX's names: Gemm is a linear layer, Reshape puts "
    "the values in a row. It has no dropout, which would change nothing in use.",
    "导出的模型里，运算用的是 ONNX 的名字：Gemm 是全连接层，Reshape 把值排成一行。"
    "其中没有 dropout：使用时它本来就什么也不改变。",
)

SETTINGS = {
    "recipe": Words("The settings of recipe {name}", "配方 {name} 的设置"),
    "network": Words(
        "The settings it is trained with unless others are given (recipe {name})",
        "训练它时默认使用的设置（配方 {name}）",
    ),
    "run": Words("The settings it was trained with (recipe {name})", "训练时的设置（配方 {name}）"),
}
SETTING = Words("setting", "设置")
VALUE = Words("value", "值")
MEANING = Words("meaning and range", "含义和取值范围")
YOUR_OWN = Words("or your own", "或者你自己的网络")
EFFECT = Words("effect of other values", "其他取值的效果")
NOT_MEASURED = Words(
    "What other values do has not been measured for this recipe.",
    "这个配方还没有测量过其他取值的效果。",
)
MEASURED_HOW = Words(
    "Effects: difference of the mean accuracy on {validation} held-out images, in percentage "
    "points ± half of its 95% interval, {seeds} seeds, epochs: {epochs}{own}{images}.",
    "效果：{validation} 张验证图像上平均准确率之差（百分点）± 95% 区间的一半，{seeds} 个种子，"
    "训练 {epochs} 轮{own}{images}。",
)
MEASURED_OWN = Words(" (these settings: {epochs})", "（这里的设置是 {epochs} 轮）")
MEASURED_IMAGES = Words(" on {count} training images", "，只用 {count} 张训练图像")
EFFECT_OF = Words("{change}{value}: {effect}", "{change}{value}：{effect}")
DIVERGED = Words("diverged", "发散")
DIVERGED_SOME = Words("diverged with {count} of {seeds} seeds", "{seeds} 个种子中有 {count} 个发散")
BASE_DIVERGED = Words(
    "cannot be compared: without the change, training diverged",
    "无法比较：不做这项改动时训练发散",
)
DIFFERENCE = Words("{points} ± {margin} points", "{points} ± {margin} 个百分点")
NO_DIFFERENCE = Words(
    "no measurable difference ({points} ± {margin})", "没有可测出的差别（{points} ± {margin}）"
)
ONE_SEED = Words(
    "{points} points (one seed: may be chance)", "{points} 个百分点（只有一个种子，可能是偶然）"
)

PICTURE = Words("The picture", "图片")
PICTURE_SIZE = Words(
    "{name} has {width} × {height} pixels.", "{name} 的大小是 {width} × {height} 像素。"
)
UNCHANGED = Words(
    "It is an MNIST image already, so it stays as it is (inverted if its ink is dark).",
    "它已经是 MNIST 格式的图像，保持不变（如果是白底黑字则反色）。",
)
AS_IS = Words(
    "This model takes pictures as they are: in gray, resized to 28 × 28.",
    "这个模型直接使用图片：转为灰度并缩放到 28 × 28。",
)
INK_DARK = Words("The ink is darker than the paper, so it is inverted.", "墨迹比纸暗，因此反色。")
INK_LIGHT = Words("The ink is lighter than the paper.", "墨迹比底色亮，不需要反色。")
INK_BOX = Words(
    "Found ink in {width} × {height} pixels, analyzed at {all_width} × {all_height} pixels; "
    "cropped to the ink.",
    "墨迹占 {width} × {height} 像素（图片按 {all_width} × {all_height} 像素分析）；裁剪到墨迹。",
)
SCALED = Words(
    "Scaled to {width} × {height} pixels (MNIST's box is 20 × 20), center of mass at row {row}, "
    "column {column} (MNIST's is at 14, 14).",
    "缩放到 {width} × {height} 像素（MNIST 的框是 20 × 20），重心在第 {row} 行、第 {column} 列"
    "（MNIST 在 14, 14）。",
)
SEVERAL = Words(
    "It seems to show several digits: try `digitlab read`.",
    "图片里似乎有多个数字：请试试 `digitlab read`。",
)
NORMALIZED = Words(
    "Normalized: (x / 255 − {mean}) / {std}, so paper (0) becomes {low} and full ink (255) {high}.",
    "归一化：(x / 255 − {mean}) / {std}，于是背景 0 变成 {low}，最黑的墨迹 255 变成 {high}。",
)

FOLLOWED = Words("The picture on its way through the network", "图片在网络中的经过")
FOLLOWED_NOTE = Words(
    "For each operation: how the largest value of its output was computed. Numbers are rounded; "
    "places are counted from 0.",
    "对每步运算，展示其输出中最大值的计算过程。数字经过四舍五入；位置从 0 开始计。",
)
UNTRAINED = Words(
    "The weights are random: this network has not been trained, so its answer means nothing.",
    "权重是随机的：这个网络还没有训练过，它的答案没有意义。",
)
PLACE_MAP = Words(
    "map {channel}, row {row}, column {column}",
    "第 {channel} 张特征图，第 {row} 行，第 {column} 列",
)
PLACE_VALUE = Words("value {place}", "第 {place} 个值")
LARGEST = Words("largest value {value}: {place}", "最大值 {value}：{place}")
PRODUCTS = Words(
    "The sum of {count} products and the bias{how}:", "{count} 个乘积与偏置之和{how}："
)
PRODUCTS_ONLY = Words("The sum of {count} products{how}:", "{count} 个乘积之和{how}：")
ONE_PRODUCT = Words(
    "largest product: {value} · {weight} = {product} ({place})",
    "最大的乘积：{value} · {weight} = {product}（{place}）",
)
PER_CHANNEL = Words(", added per input map first", "，先按输入特征图分别求和")
OTHERS = Words("({count} others: {value})", "（其余 {count} 个：{value}）")
BIAS = Words("(bias: {value})", "（偏置：{value}）")
MEAN_OF = Words("The mean of {count} values:", "{count} 个值的平均：")
COPIED = Words("The value from {place}, unchanged", "原样取自{place}")
NOT_FOLLOWED = Words("Its arithmetic is not shown.", "不展示它的计算过程。")
MAP = Words("Feature map {channel}:", "第 {channel} 张特征图：")

ANSWER = Words("The answer", "答案")
ANSWER_SUM = Words("The sum of all e^score is {sum}.", "所有 e^得分之和为 {sum}。")
SHIFTED = Words(
    "e^score is of (score − largest score), because the scores are very large.",
    "得分很大，因此 e^得分 用（得分 − 最大得分）计算。",
)
CLASS = Words("class", "类别")
SCORE = Words("score", "得分")
EXPONENTIAL = Words("e^score", "e^得分")
PROBABILITY = Words("probability", "概率")
CALIBRATED = Words("calibrated", "校准后")
LOSS = Words("loss, −ln p", "损失 −ln p")
ANSWER_NOTE = Words(
    "The answer is {name}, with probability {probability}. If that is the true label, the loss is "
    "{loss}; the last column is the loss for every other label.",
    "答案是 {name}，概率 {probability}。如果它就是正确标签，损失是 {loss}；最后一列是其他标签各自的"
    "损失。",
)
CALIBRATED_NOTE = Words(
    "Calibrated: scores are divided by a temperature of {temperature} first; `digitlab predict` "
    "prints these probabilities.",
    "校准后：先把得分除以温度 {temperature}；`digitlab predict` 打印的是这些概率。",
)
NO_ANSWER = Words(
    "The network does not end with scores of classes, so there are no probabilities.",
    "网络的最后不是各类别的得分，因此没有概率。",
)
WROTE = Words("wrote {path}", "已写入 {path}")

FIGURE_TITLE = Words(
    "One picture on its way through {network}", "一张图片在网络中的经过：{network}"
)
FIGURE_LEGEND = Words(
    "Blue is positive, red is negative, white is 0. Orange marks the largest value.",
    "蓝色为正，红色为负，白色为 0。橙色标出最大值所在之处。",
)
FIGURE_PICTURE = Words("the picture, {size}", "原图，{size}")
FIGURE_DIGIT = Words("what the network sees, 28×28", "网络看到的，28×28")
FIGURE_KERNELS = Words("kernels of {name}", "{name} 的卷积核")
FIGURE_ANSWER = Words("answer: {name}", "答案：{name}")
FIGURE_UNTRAINED = Words("random weights: no meaning", "权重随机，没有意义")
FIGURE_SHOWN = Words("{shown} of {count} shown", "显示 {count} 个中的 {shown} 个")
