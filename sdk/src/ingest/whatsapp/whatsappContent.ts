import type { TextContent } from "../chats/textChatRecords.ts";
import { withoutMarks } from "../chats/wallClock.ts";

/** What stands in place of a photo or a recording, in the languages most people have. */
const omitted = [
  /^<(?:media omitted|medien ausgeschlossen|médias omis|multimedia omitido|archivo omitido|mídia oculta|ficheiro não revelado|media omessi|media weggelaten|medien weggelassen|mediefil utelatt|media utesluten|media utelämnat|udeladt medie|pominięto multimedia|без медиафайлов|медиа пропущены|medya dahil edilmedi|メディアは含まれていません|미디어 파일을 제외한 내용|省略多媒体文件|忽略多媒體檔)>$/i,
  /^(?:(?:image|photo|video|video note|audio|sticker|gif|document|contact card) omitted|(?:bild|video|audio|sticker|gif|dokument|kontaktkarte) (?:weggelassen|ausgeschlossen)|(?:image|vidéo|audio|sticker|gif|document) (?:absente?|omise?)|(?:imagen|video|audio|sticker|gif|documento) omitid[oa]|(?:imagem|vídeo|áudio|figurinha|gif|documento) ocultad[oa])$/i,
];

/** `IMG-20210101-WA0001.jpg (file attached)` and `<attached: 00000012-PHOTO.jpg>`; the caption follows in the next line. */
const attachedBehind =
  /^([^\n<>:"|?*]{1,200}\.[a-z0-9]{1,8}) \((?:file attached|datei angehängt|fichier joint|archivo adjunto|arquivo anexado|ficheiro anexado|file allegato|bestand bijgevoegd|fil vedlagt|fil vedhæftet|bifogad fil|plik dołączony|файл добавлен|dosya ekli|添付ファイル|파일 첨부됨|文件附件|檔案已附加)\)(?:\n|$)/i;
const attachedInFront =
  /^<(?:attached|anhang|pièce jointe|adjunto|anexado|allegato|bijgevoegd|vedlagt|vedhæftet|bifogad|załączono|прикреплено|添付ファイル|附件|첨부): ([^\n<>]{1,200})>(?:\n|$)/i;

const deleted =
  /^(?:this message was deleted|you deleted this message|diese nachricht wurde gelöscht|du hast diese nachricht gelöscht|ce message a été supprimé|vous avez supprimé ce message|este mensaje fue eliminado|se eliminó este mensaje|eliminaste este mensaje|mensagem apagada|essa mensagem foi apagada|questo messaggio è stato eliminato|dit bericht is verwijderd|denne meldingen ble slettet)\.?$/i;

const call =
  /^(?:(?:missed|silenced) )?(?:group )?(?:voice|video) call(?:$|[.,])|^(?:verpasster (?:sprach|video)anruf|appel (?:vocal|vidéo) manqué|(?:llamada|videollamada) (?:de voz )?perdida|chamada de (?:voz|vídeo) perdida)/i;

/** What a message of a WhatsApp chat is; a phrase that is in none of these lists stays the text that it looks like. */
export function whatsappContent(text: string): TextContent {
  // The app marks what it wrote itself with U+200E, on iPhones.
  const isMarked = text.startsWith("\u200e");
  const plain = withoutMarks(text.slice(0, 400));
  const whole = isMarked ? text.slice(1) : text;
  const attached = attachedBehind.exec(plain) ?? attachedInFront.exec(plain);
  if (attached !== null) {
    const caption = withoutMarks(text).slice(attached[0].length);
    return { kind: "media", content: caption === "" ? null : caption, attachments: [{ name: attached[1] }] };
  }
  if (omitted.some((phrase) => phrase.test(plain))) return { kind: "media", content: null };
  if (deleted.test(plain)) return { kind: "deleted", content: null };
  if (call.test(plain) && isMarked) return { kind: "call", content: whole };
  if (/^POLL:(?:\n|$)/.test(plain)) return { kind: "poll", content: whole };
  return { kind: isMarked ? "system" : "text", content: whole };
}
