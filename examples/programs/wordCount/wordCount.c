/* C: how many posts and words, and the mean of likes? The ABI is docs/programs.md. Rows come as owner, content, like_count.
   README.md beside this folder says how it was compiled. */

typedef unsigned char u8;
typedef unsigned int u32;
typedef long long i64;

static u8 input[128 * 1024];
static char output[256];
/* A text longer than the input's room comes in memory of its own, which stays for the next. */
static u8 *large;
static u32 large_bytes;

static i64 posts, words, likes;

#define EXPORT(name) __attribute__((export_name(#name)))

EXPORT(persona_alloc) u8 *persona_alloc(u32 bytes) {
  if (bytes <= sizeof input) return input;
  if (bytes > large_bytes) {
    u32 pages = (bytes + 65535) / 65536;
    u32 at = __builtin_wasm_memory_grow(0, pages);
    if (at == (u32)-1) __builtin_trap();
    large = (u8 *)(at * 65536);
    large_bytes = pages * 65536;
  }
  return large;
}

EXPORT(persona_begin) void persona_begin(const u8 *args, u32 bytes) { (void)args, (void)bytes; }

static u32 read_u32(const u8 *at) { return at[0] | at[1] << 8 | at[2] << 16 | (u32)at[3] << 24; }
static i64 read_i64(const u8 *at) { return (i64)read_u32(at) | (i64)read_u32(at + 4) << 32; }

/* A value is a tag (0 null, 1 false, 2 true, 3 int64, 4 float64, 5 text) and what belongs to it. */
static const u8 *after(const u8 *at) {
  if (*at < 3) return at + 1;
  return *at == 5 ? at + 5 + read_u32(at + 1) : at + 9;
}

EXPORT(persona_rows) void persona_rows(u32 table, const u8 *at, u32 bytes) {
  (void)table;
  const u8 *end = at + bytes;
  while (at < end) {
    at = after(at);
    posts++;
    if (*at == 5) {
      u32 length = read_u32(at + 1);
      int inside = 0;
      for (u32 i = 0; i < length; i++) {
        int is_space = at[5 + i] <= ' ';
        words += inside == 0 && !is_space;
        inside = !is_space;
      }
    }
    at = after(at);
    if (*at == 3) likes += read_i64(at + 1);
    at = after(at);
  }
}

static char *put(char *out, const char *text) {
  while (*text) *out++ = *text++;
  return out;
}

static char *put_number(char *out, i64 value) {
  char digits[20];
  u32 count = 0;
  do digits[count++] = (char)('0' + value % 10);
  while (value /= 10);
  while (count) *out++ = digits[--count];
  return out;
}

/* Fixed point: the same digits everywhere, without a formatter of floats. */
EXPORT(persona_end) i64 persona_end(void) {
  i64 hundredths = posts ? likes * 100 / posts : 0;
  char *out = put(output, "{\"posts\":");
  out = put_number(out, posts);
  out = put(out, ",\"words\":");
  out = put_number(out, words);
  out = put(out, ",\"meanLikesHundredths\":");
  out = put_number(out, hundredths);
  out = put(out, "}");
  return (i64)(u32)output << 32 | (u32)(out - output);
}
