export type YoutubeVerb = "watched" | "viewed" | "searched";

export type Spoken = { readonly verb: YoutubeVerb | undefined; readonly object: string };

/** What stands in front of a title, by language. Longer ones first where one begins another. */
const inFront: readonly (readonly [string, YoutubeVerb])[] = [
  ["Watched ", "watched"],
  ["Listened to ", "watched"],
  ["Viewed ", "viewed"],
  ["Searched for ", "searched"],
  ["Angesehen: ", "watched"],
  ["Gesucht nach: ", "searched"],
  ["Gesucht nach ", "searched"],
  ["Vous avez regardé ", "watched"],
  ["A regardé ", "watched"],
  ["Vous avez consulté ", "viewed"],
  ["Vous avez recherché ", "searched"],
  ["Recherche de ", "searched"],
  ["Has visto ", "watched"],
  ["Viste ", "watched"],
  ["Miraste ", "watched"],
  ["Has buscado ", "searched"],
  ["Buscaste ", "searched"],
  ["Hai guardato ", "watched"],
  ["Hai visualizzato ", "viewed"],
  ["Hai cercato ", "searched"],
  ["Você assistiu a ", "watched"],
  ["Assistiu a ", "watched"],
  ["Viu ", "watched"],
  ["Você pesquisou ", "searched"],
  ["Pesquisou por ", "searched"],
  ["Bekeken: ", "watched"],
  ["Gezocht naar ", "searched"],
  ["Har sett på ", "watched"],
  ["Så på ", "watched"],
  ["Har sett ", "watched"],
  ["Du så ", "watched"],
  ["Tittade på ", "watched"],
  ["Søkte etter ", "searched"],
  ["Du søkte etter ", "searched"],
  ["Søgte efter ", "searched"],
  ["Du søgte efter ", "searched"],
  ["Sökte efter ", "searched"],
  ["Obejrzano: ", "watched"],
  ["Obejrzano ", "watched"],
  ["Szukano: ", "searched"],
];

/** What stands behind one. */
const behind: readonly (readonly [string, YoutubeVerb])[] = [
  [" angesehen", "watched"],
  [" aufgerufen", "viewed"],
  [" gesucht", "searched"],
  [" bekeken", "watched"],
  [" を視聴しました", "watched"],
  [" を検索しました", "searched"],
  ["을(를) 시청함", "watched"],
  ["을(를) 검색함", "searched"],
];

/** Splits a title of an activity into its verb and what it was done to; without a verb that is known it stays whole. */
export function spoken(title: string): Spoken {
  const text = title.replace(/\u00a0/g, " ");
  for (const [words, verb] of inFront) if (text.startsWith(words)) return { verb, object: text.slice(words.length) };
  for (const [words, verb] of behind) {
    if (text.endsWith(words)) return { verb, object: text.slice(0, -words.length).replace(/^[„"“](.*)["“”]$/s, "$1") };
  }
  return { verb: undefined, object: title };
}
