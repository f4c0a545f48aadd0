// The emoji that people pick and that the app uses, by Slack's names.

export const EMOJI = {
  "+1": "👍",
  thumbsup: "👍",
  "-1": "👎",
  thumbsdown: "👎",
  white_check_mark: "✅",
  heavy_check_mark: "✔️",
  x: "❌",
  eyes: "👀",
  heart: "❤️",
  tada: "🎉",
  raised_hands: "🙌",
  pray: "🙏",
  wave: "👋",
  smile: "😄",
  joy: "😂",
  thinking_face: "🤔",
  rocket: "🚀",
  fire: "🔥",
  bulb: "💡",
  question: "❓",
  warning: "⚠️",
  hourglass_flowing_sand: "⏳",
  lock: "🔒",
  books: "📚",
  memo: "📝",
  mag: "🔍",
  100: "💯",
};

/** What the reaction picker offers. */
export const PICKED = [
  "+1",
  "-1",
  "white_check_mark",
  "eyes",
  "heart",
  "tada",
  "pray",
  "thinking_face",
  "question",
  "bulb",
  "rocket",
  "books",
];

/** The emoji of a name such as `tada` or `wave::skin-tone-2`; the name between colons if unknown. */
export const emojiOf = (name) => EMOJI[String(name).split("::")[0]] ?? `:${name}:`;
