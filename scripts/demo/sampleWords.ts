/** Beginnings, middles and ends of sample posts. Invented; the awkward characters are on purpose. */
export const openings: readonly string[] = [
  "Fresh coffee and a long list", "Finally fixed the flaky test", "Fog over the fjord this morning", "Nobody warned me about", "Hot take:",
  "Small thing, big joy:", "Spent the evening with", "Reading again about", "Three weeks of", "If you only try one thing this year, try", "Kveldstur på fjellet",
  "På vei hjem fra", "今日はとても静かな", "Un dimanche avec", "Morgens um sechs:", "Наконец-то", "Today I learned about", "Unpopular opinion on", "We shipped",
  "Trying to understand", "The best part of", "Note to self about", "Someone should write about", "I keep coming back to", "Quiet day,",
];

export const subjects: readonly string[] = [
  "sourdough & salt", "type systems <3", "night trains", "a < b && b > c puzzles", "wooden boats ⛵", "harbour seals 🦭", "distributed systems", "old maps",
  "R&D budgets", "garden tomatoes 🍅", "city bikes 🚲", "bouldering", "film cameras 📷", "chess endgames ♟️", "open data", "rain jackets ☔", "choir practice",
  "the tide tables", "cheap telescopes 🔭", "library cards", "\"quoted\" wisdom", "fermented chili 🌶️", "family recipes 👨‍👩‍👧", "winter swimming ❄️", "bash scripts",
  "blåbær og fløte", "東京の朝", "le marché du village", "Straßenbahnen", "полярная ночь", "local elections", "retro keyboards ⌨️", "public benches",
];

export const closings: readonly string[] = [
  "and it was worth every minute.", "– more soon.", "… who else?", "(a thread, sort of)", "100% recommended 💯", "and I have questions.", "\nLine two says hello.",
  "& nothing else matters.", "– slowly getting there.", "but don't quote me };", "see [notes] for details]", "🙌🏽", "#slowliving", "#Oslo", "#buildinpublic",
  "what a week…", "and the cat agrees 🐈‍⬛", "if (x > 0) { go(); }", "so there.", "– takk for i dag!",
];

export const handles: readonly string[] = [
  "ola_example", "havn_example", "kari_friend", "boats_daily", "the_real_seal", "mapnerd42", "nightowl_no", "tomatolove", "chess_every_day", "r_and_d_dept",
];

export const sources: readonly (readonly [href: string, name: string])[] = [
  ["https://mobile.twitter.com", "Twitter Web App"],
  ["http://twitter.com/download/iphone", "Twitter for iPhone"],
  ["http://twitter.com/download/android", "Twitter for Android"],
  ["https://about.twitter.com/products/tweetdeck", "TweetDeck"],
];
