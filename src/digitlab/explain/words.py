"""The sentences about operations, in both languages: what each kind does, for a beginner."""

from digitlab.explain.network import Operation
from digitlab.explain.sums import times
from digitlab.language import Language, Words

SENTENCES = {
    "convolution": Words(
        "Slides {outputs} kernels of {kernel} over {taken}; at each place, a kernel's weights are "
        "multiplied by the values below them, and the products are added.",
        "{outputs} 个 {kernel} 的卷积核在{taken}上滑动，每到一处就把权重与对应的值相乘再求和。",
    ),
    "transposed_convolution": Words(
        "Spreads each value over {kernel} places, weighted by a kernel: a convolution in reverse, "
        "which enlarges the map.",
        "把每个值按卷积核的权重铺到 {kernel} 个位置上，相当于反方向的卷积，会把特征图放大。",
    ),
    "linear": Words(
        "y = Wx + b: each of the {outputs} outputs is a weighted sum of all {inputs} inputs.",
        "y = Wx + b：{outputs} 个输出中的每一个，都是全部 {inputs} 个输入的加权和。",
    ),
    "batch_norm": Words(
        "Brings each channel to mean 0 and standard deviation 1 (with the averages from training), "
        "then applies a learned scale and offset.",
        "用训练时统计的平均值和方差，把每个通道归一化到平均值 0、标准差 1，再做学到的缩放和平移。",
    ),
    "layer_norm": Words(
        "Brings the values of each image to mean 0 and standard deviation 1, then applies a "
        "learned scale and offset.",
        "把每张图像的值归一化到平均值 0、标准差 1，再做学到的缩放和平移。",
    ),
    "group_norm": Words(
        "Brings each group of channels to mean 0 and standard deviation 1, then applies a learned "
        "scale and offset.",
        "把每组通道归一化到平均值 0、标准差 1，再做学到的缩放和平移。",
    ),
    "max_pool": Words(
        "Keeps the largest value of each {kernel} window; small shifts no longer matter.",
        "每个 {kernel} 窗口只保留最大值，这样笔画稍有移动也不影响结果。",
    ),
    "average_pool": Words(
        "Replaces each {kernel} window by its mean.", "用每个 {kernel} 窗口的平均值代替整个窗口。"
    ),
    "adaptive_average_pool": Words(
        "Takes the mean over equal parts of each map, as many as the output has places.",
        "把每张特征图等分成与输出位置一样多的块，每块取平均值。",
    ),
    "relu": Words(
        "Negative values become 0; without it, two layers in a row could do no more than one.",
        "把负数变成 0；没有它，连续两层能做的事和一层一样多。",
    ),
    "activation": Words(
        "{operator}: a fixed function of each single value, which makes the network more than one "
        "large weighted sum.",
        "{operator}：对每个值分别作用的固定函数，使网络不只是一个大的加权和。",
    ),
    "dropout": Words(
        "In training, sets {rate} of the values to 0 at random and enlarges the others; now it "
        "changes nothing.",
        "训练时随机把 {rate} 的值置 0，并放大其余的值；现在（评估模式）什么也不改变。",
    ),
    "channel_dropout": Words(
        "In training, sets {rate} of the whole channels to 0 at random and enlarges the others; "
        "now it changes nothing.",
        "训练时随机把 {rate} 的通道整个置 0，并放大其余的通道；现在（评估模式）什么也不改变。",
    ),
    "flatten": Words(
        "Puts all values of an image into one row, as linear layers need them.",
        "把一张图像的所有值排成一行，因为全连接层只接受一行数。",
    ),
    "reshape": Words("The same values, arranged in another shape.", "值不变，只换一种形状排列。"),
    "log_softmax": Words(
        "Turns the scores into logarithms of probabilities: ln(e^score / sum of all e^score).",
        "把得分变成概率的对数：ln(e^得分 / 所有 e^得分之和)。",
    ),
    "softmax": Words(
        "Turns scores into positive numbers with sum 1: e^score / sum of all e^score.",
        "把得分变成和为 1 的正数：e^得分 / 所有 e^得分之和。",
    ),
    "add": Words(
        "Adds two results value by value; in a residual connection, these are a layer's output and "
        "its input.",
        "把两个结果在对应位置上相加；残差连接加的是一层的输出和它的输入。",
    ),
    "subtract": Words("Subtracts value by value.", "对应位置的值相减。"),
    "multiply": Words("Multiplies value by value.", "对应位置的值相乘。"),
    "divide": Words("Divides value by value.", "对应位置的值相除。"),
    "concatenate": Words(
        "Joins several arrays along one dimension.", "把几组值沿一个维度拼接在一起。"
    ),
    "mean": Words("Takes the mean over one or more dimensions.", "沿一个或多个维度取平均值。"),
    "matrix_product": Words(
        "A matrix product: rows times columns, summed.", "矩阵乘法：行与列对应相乘再求和。"
    ),
    "transpose": Words("The same values, with dimensions swapped.", "值不变，只交换维度的次序。"),
    "pad": Words("Adds a margin around each map.", "在每张特征图四周补一圈值。"),
    "other": Words("", ""),
}
"""For each kind of operation a sentence. `other` has none: what is not known is not explained."""

_IMAGE = Words("the image", "图像")
_MAPS = Words("all {count} feature maps together", "全部 {count} 张特征图")
_MAPS_OF_GROUP = Words(
    "{count} of the {all} feature maps each", "各自的 {count} 张特征图（共 {all} 张）"
)

_SHARES = Words("Its weights are those of an earlier operation.", "权重与前面的运算共用。")
_FIXED = Words("Its weights are computed, not trained.", "权重是算出来的，不参与训练。")
_BY_DIGITLAB = Words(
    "digitlab adds this behind your forward.", "这一步由 digitlab 加在你的 forward 之后。"
)


def sentence_of(operation: Operation, language: Language) -> str:
    """Return what an operation does, in one or a few sentences; "" if it is not a known kind."""
    shapes = operation.input_shapes
    taken = shapes[0] if shapes else ()
    settings = operation.settings
    groups = settings.get("groups", 1)
    source = _IMAGE.text(language)
    if len(taken) > 1 and (taken[0] > 1 or operation.sources[:1] != (0,)):
        words = _MAPS_OF_GROUP if groups > 1 else _MAPS
        source = words.text(language, count=f"{taken[0] // groups:,}", all=f"{taken[0]:,}")
    is_convolution = operation.kind == "convolution"
    outputs = operation.output_shape[0] if is_convolution else _last(operation)
    sentence = SENTENCES[operation.kind].text(
        language,
        outputs=f"{outputs:,}",
        inputs=f"{taken[-1] if taken else 1:,}",
        kernel=times(settings.get("kernel", ())).replace("·", "×"),
        taken=source,
        operator=operation.operator.removeprefix("F.").removeprefix("torch."),
        rate=f"{settings.get('rate', 0):.0%}",
    )
    remarks = [
        words.text(language)
        for words, holds in (
            (_SHARES, operation.shares),
            (_FIXED, operation.fixed),
            (_BY_DIGITLAB, operation.by_digitlab),
        )
        if holds
    ]
    return ("" if language == "zh" else " ").join([*filter(None, [sentence]), *remarks])


def _last(operation: Operation) -> int:
    return operation.output_shape[-1] if operation.output_shape else 1
