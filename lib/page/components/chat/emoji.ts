/** The emoji that the page offers, with their names. Any other one that a keyboard has can be typed. */

export const QUICK_EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🎉"] as const;

const NAMES: readonly (readonly [string, string])[] = [
  ["😀", "Grin"],
  ["😂", "Tears of joy"],
  ["🙂", "Smile"],
  ["😊", "Blush"],
  ["😉", "Wink"],
  ["😍", "Heart eyes"],
  ["🤔", "Thinking"],
  ["😎", "Cool"],
  ["😅", "Relief"],
  ["😮", "Surprise"],
  ["😢", "Sad"],
  ["😭", "Crying"],
  ["😡", "Angry"],
  ["😴", "Asleep"],
  ["🤯", "Mind blown"],
  ["🥳", "Party face"],
  ["🙈", "Not looking"],
  ["🤷", "Shrug"],
  ["👍", "Thumbs up"],
  ["👎", "Thumbs down"],
  ["👏", "Clapping"],
  ["🙌", "Raised hands"],
  ["🙏", "Thanks"],
  ["👌", "OK hand"],
  ["🤝", "Handshake"],
  ["👋", "Wave"],
  ["💪", "Strong"],
  ["👀", "Eyes"],
  ["❤️", "Heart"],
  ["💙", "Blue heart"],
  ["💔", "Broken heart"],
  ["💯", "Hundred"],
  ["🎉", "Party"],
  ["✨", "Sparkles"],
  ["🔥", "Fire"],
  ["⭐", "Star"],
  ["🚀", "Rocket"],
  ["💡", "Idea"],
  ["✅", "Done"],
  ["❌", "No"],
  ["⚠️", "Warning"],
  ["❓", "Question"],
  ["☕", "Coffee"],
  ["🍕", "Pizza"],
  ["🎂", "Cake"],
  ["☀️", "Sun"],
  ["🌧️", "Rain"],
  ["🐛", "Bug"],
];

export const EMOJI = NAMES.map(([emoji]) => emoji);

const byEmoji = new Map(NAMES);

export function emojiName(emoji: string): string {
  return byEmoji.get(emoji) ?? emoji;
}
