#pragma once
#include <stddef.h>
#include <stdint.h>

// A C interface to toml++, a C++ header: a text is parsed into a tree of values, each with its line.

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ctoml_document ctoml_document;
typedef struct ctoml_value ctoml_value;

// UTF-8 bytes, valid as long as their document; they may include zero bytes.
struct ctoml_text {
    const char *bytes;
    size_t count;
};

enum ctoml_kind {
    CTOML_TABLE,
    CTOML_ARRAY,
    CTOML_STRING,
    CTOML_INTEGER,
    CTOML_FRACTION,
    CTOML_BOOLEAN,
    CTOML_MOMENT,
};

// The result must be freed, whether parsing succeeded or not.
ctoml_document *ctoml_parse(const char *text, size_t count);
void ctoml_free(ctoml_document *document);

// Null if the text is not TOML; then ctoml_failure returns the error and its line.
const ctoml_value *ctoml_root(const ctoml_document *document);
struct ctoml_text ctoml_failure(const ctoml_document *document, uint32_t *line);

enum ctoml_kind ctoml_kind_of(const ctoml_value *value);
// Only for strings.
struct ctoml_text ctoml_string(const ctoml_value *value);
// Only for integers.
int64_t ctoml_integer(const ctoml_value *value);

// Calls `each` with every member of a table, in order of keys, or with every element of an array, with an
// empty key, and with the line of the key or of the element.
void ctoml_each(
    const ctoml_value *value,
    void (*each)(void *context, struct ctoml_text key, uint32_t line, const ctoml_value *value),
    void *context
);

#ifdef __cplusplus
}
#endif
