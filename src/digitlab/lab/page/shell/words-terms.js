// The terms of the field, English and Chinese.

export const TERMS = {
  convolution: ["convolution", "卷积"],
  kernel: ["kernel", "卷积核"],
  window: ["window", "窗口"],
  bias: ["bias", "偏置"],
  weight: ["weight", "权重"],
  channel: ["channel", "通道"],
  pooling: ["max pooling", "最大池化"],
  relu: ["ReLU", "修正线性单元"],
  dropout: ["dropout", "丢弃法"],
  batchNorm: ["batch norm", "批归一化"],
  flatten: ["flatten", "展平"],
  linear: ["linear layer", "全连接层"],
  softmax: ["softmax", "归一化指数函数"],
  normalization: ["normalization", "归一化"],
  parameters: ["parameters", "参数"],
  threshold: ["threshold", "阈值"],
  centerOfMass: ["center of mass", "重心"],
  receptiveField: ["receptive field", "感受野"],
  gradient: ["gradient", "梯度"],
};
