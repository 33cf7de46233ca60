#include "CTOML.h"

#if !__has_include(<toml++/toml.h>)
#error "toml++ is missing: type `make`, which says what to install"
#endif

// toml++'s assertions would abort on `[ = 1` and `a = [}`, and with NDEBUG it would assume that they hold.
// With neither, both inputs are ordinary errors.
#undef NDEBUG
#define TOML_ASSERT(condition) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

struct ctoml_document {
    toml::parse_result result;
};

namespace {

const toml::node &node(const ctoml_value *value) { return *reinterpret_cast<const toml::node *>(value); }

const ctoml_value *value(const toml::node &node) { return reinterpret_cast<const ctoml_value *>(&node); }

ctoml_text text(std::string_view text) { return {text.data(), text.size()}; }

} // namespace

ctoml_document *ctoml_parse(const char *text, size_t count) {
    return new ctoml_document{toml::parse(std::string_view(text, count))};
}

void ctoml_free(ctoml_document *document) { delete document; }

const ctoml_value *ctoml_root(const ctoml_document *document) {
    return document->result ? value(document->result.table()) : nullptr;
}

ctoml_text ctoml_failure(const ctoml_document *document, uint32_t *line) {
    const toml::parse_error &error = document->result.error();
    *line = error.source().begin.line;
    return text(error.description());
}

ctoml_kind ctoml_kind_of(const ctoml_value *value) {
    switch (node(value).type()) {
    case toml::node_type::table: return CTOML_TABLE;
    case toml::node_type::array: return CTOML_ARRAY;
    case toml::node_type::string: return CTOML_STRING;
    case toml::node_type::integer: return CTOML_INTEGER;
    case toml::node_type::floating_point: return CTOML_FRACTION;
    case toml::node_type::boolean: return CTOML_BOOLEAN;
    default: return CTOML_MOMENT;
    }
}

ctoml_text ctoml_string(const ctoml_value *value) { return text(node(value).ref<std::string>()); }

int64_t ctoml_integer(const ctoml_value *value) { return node(value).ref<int64_t>(); }

void ctoml_each(const ctoml_value *whole, void (*each)(void *, ctoml_text, uint32_t, const ctoml_value *), void *context) {
    if (const toml::table *table = node(whole).as_table()) {
        for (auto &&[key, member] : *table)
            each(context, text(key.str()), key.source().begin.line, value(member));
    } else if (const toml::array *array = node(whole).as_array()) {
        for (auto &&element : *array)
            each(context, {nullptr, 0}, element.source().begin.line, value(element));
    }
}
