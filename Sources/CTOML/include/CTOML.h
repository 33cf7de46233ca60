#pragma once
#include <stddef.h>
#include <stdint.h>

// toml++, a header of C++: a text is parsed into a tree of values, each with the line that it stands on.

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ctoml_document ctoml_document;
typedef struct ctoml_value ctoml_value;

// Bytes of UTF-8, as long as their document; zero bytes may be among them.
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

// To be freed, whether it has been parsed or not.
ctoml_document *ctoml_parse(const char *text, size_t count);
void ctoml_free(ctoml_document *document);

// Null where the text is no TOML: then what is wrong, and on which line.
const ctoml_value *ctoml_root(const ctoml_document *document);
struct ctoml_text ctoml_failure(const ctoml_document *document, uint32_t *line);

enum ctoml_kind ctoml_kind_of(const ctoml_value *value);
// Of a string, and nothing else.
struct ctoml_text ctoml_string(const ctoml_value *value);
// Of an integer, and nothing else.
int64_t ctoml_integer(const ctoml_value *value);

// Calls `each` with every member of a table, in order of their keys, or with every element of an array, whose key is
// empty; with the line of the key, or of the element.
void ctoml_each(
    const ctoml_value *value,
    void (*each)(void *context, struct ctoml_text key, uint32_t line, const ctoml_value *value),
    void *context
);

#ifdef __cplusplus
}
#endif
