/** In the order in which they are asked. Those from `dkim-form` on are asked of each signature: one that keeps them all is enough. */
export const mailRules = {
  "mail-lines": "Its header has no NUL and no lone CR: readers would disagree on where a field begins.",
  "mail-signed": "It has a DKIM-Signature.",
  "mail-from": "It has one From field with one address, which two parsers read alike.",
  "dkim-form": "The signature is well-formed (RFC 6376, strictly), covers From, and its algorithm is known.",
  "dkim-algorithm": "It is not made with SHA-1 (RFC 8301).",
  "dkim-body": "The body is the one that was signed.",
  "dkim-key-available": "The domain's key is among the keys that were given. Nothing is looked up.",
  "dkim-key-usable": "The key is not revoked, is meant for mail, and fits the algorithm.",
  "dkim-key-weak": "An RSA key has at least 1,024 bits, or as many as the policy asks for.",
  "dkim-signature": "The signature is the domain's, over the signed fields as they are.",
  "dkim-key-testing":
    "The domain does not say that it is only trying DKIM out: such a signature is to count for nothing.",
  "dkim-length": "No byte of the body lies behind the length that is signed (l=): anybody can add there.",
  "dkim-duplicates":
    "No field that may be there once is there again without being signed: readers show the one or the other.",
  "dkim-future": "The signature is not from the future (five minutes are allowed for clocks).",
  "dkim-expired": "It has not expired (x=) at the time of asking.",
  "time-age": "It is not older than the policy allows, and says when it was made.",
  "dkim-alignment": "Its domain is the author's, or of the same organisation.",
  "dkim-domain": "Its domain is the one that the policy names.",
} as const;

export type MailRule = keyof typeof mailRules;

/** What does not make a message worthless, and should be known. */
export const mailWarnings = {
  "length-tag":
    "The body's length is signed (l=) and covers all of it: another copy may have been continued by anybody, this one was not.",
  "rsa-1024": "The key is shorter than 2,048 bits: breaking it costs a fortune, not a miracle.",
  "content-type-unsigned": "Fields that say how to read the body are not signed: it could be shown as something else.",
  "subject-unsigned": "The subject is not signed.",
  "date-unsigned": "The date is not signed.",
  "recipient-unsigned": "To is not signed: the message may have been meant for somebody else.",
  "time-unknown": "The signature does not say when it was made.",
} as const;

export type MailWarning = keyof typeof mailWarnings;
