// The words of the header, the tabs, and the headings of the parts.

export const SHELL = {
  title: ["How a digit is read", "一个数字是怎样被读出来的"],
  claim: [
    "Real numbers. Click any to see where it comes from",
    "真的网络，真的数。点任意一个数，看它从哪里来",
  ],
  private: ["Nothing leaves this machine", "都在本机算，什么也不上传"],
  guide: ["Guide", "指南"],
  skip: ["Skip to the network", "跳到网络"],
  parts: ["Parts of the page", "本页各部分"],
  "switch.language": ["Language", "语言"],
  "switch.theme": ["Theme", "明暗"],
  "switch.light": ["Light", "浅色"],
  "switch.dark": ["Dark", "深色"],
  "answer.brief": ["Answer: {answer}", "答案：{answer}"],

  "learn.title": ["Learn one step", "学一步"],
  "run.title": ["Watch and control a run", "看一次训练"],
  "picture.title": ["Bring a picture", "读一张图"],
  "hand.title": ["Teach it your hand", "教它认你的字"],

  "tab.draw": ["Draw", "画"],
  "tab.inside": ["Inside", "里面"],
  "tab.learn": ["Learn", "学"],
  "tab.run": ["Run", "训练"],
  "tab.picture": ["Photo", "图片"],
  "tab.hand": ["Teach", "教"],

  "problem.start": ["The page could not start: {reason}", "页面没能启动：{reason}"],
  "problem.network": [
    "The network {name} could not be loaded: {reason}",
    "网络 {name} 没能载入：{reason}",
  ],
  "problem.server": [
    "The lab's server does not answer. Is digitlab lab still running?",
    "实验室的服务没有应答。digitlab lab 还在运行吗？",
  ],
};
