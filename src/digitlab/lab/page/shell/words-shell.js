// The words of the header, the tabs, and the headings of the parts.

export const SHELL = {
  title: ["How a digit is read", "数字是怎样读出来的"],
  claim: [
    "Real numbers. Click any to see where it comes from",
    "真实的网络，真实的数值。点任意一个数，看它是怎么来的",
  ],
  private: ["Nothing leaves this machine", "全部在本机计算，不上传任何数据"],
  guide: ["Guide", "指南"],
  skip: ["Skip to the network", "跳转到网络"],
  parts: ["Parts of the page", "页面各部分"],
  "switch.language": ["Language", "语言"],
  "switch.theme": ["Theme", "主题"],
  "switch.light": ["Light", "浅色"],
  "switch.dark": ["Dark", "深色"],
  "answer.brief": ["Answer: {answer}", "答案：{answer}"],

  "learn.title": ["Learn one step", "学习一步"],
  "run.title": ["Watch and control a run", "观察和控制一次训练"],
  "picture.title": ["Bring a picture", "读一张图片"],
  "hand.title": ["Teach it your hand", "教它认识你的笔迹"],

  "tab.draw": ["Draw", "画"],
  "tab.inside": ["Inside", "内部"],
  "tab.learn": ["Learn", "学习"],
  "tab.run": ["Run", "训练"],
  "tab.picture": ["Photo", "图片"],
  "tab.hand": ["Teach", "教"],

  "problem.start": ["The page could not start: {reason}", "页面无法启动：{reason}"],
  "problem.network": [
    "The network {name} could not be loaded: {reason}",
    "网络 {name} 无法加载：{reason}",
  ],
  "problem.server": [
    "The lab's server does not answer. Is digitlab lab still running?",
    "实验室的服务器没有响应。digitlab lab 还在运行吗？",
  ],
  "problem.slow": [
    "This took longer than the lab waits. Is this machine busy with something else? Try again.",
    "这一步超过了实验室的等待时间。这台机器是不是正忙着别的事？请再试一次。",
  ],
};
