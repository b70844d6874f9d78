/** Names in the languages most people have: `WhatsApp Chat with Kari.txt`, `WhatsApp-Chat mit Kari.txt`, `_chat.txt`. */
export function isWhatsappName(path: string): boolean {
  return /(?:^|\/)_chat(?:[ _(-][^/]*)?\.txt$|whatsapp[^/]*\.txt$/i.test(path);
}
