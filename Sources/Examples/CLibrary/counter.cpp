// Counts its runs in a segment, which is detached at the end of its scope, also by an exception.
//
//     c++ -o counter counter.cpp $(pkg-config --cflags --libs segmentd)
//     ./counter NAME
#include <atomic>
#include <cstdint>
#include <iostream>
#include <memory>
#include <segmentd.h>
#include <stdexcept>
#include <string>

// The failure of a library function.
struct SegmentError : std::runtime_error {
    int code;
    explicit SegmentError(int code) : std::runtime_error(segmentd_last_error()), code(code) {}
};

class Segment;

// A connection to the broker; may be used from several threads.
class Client {
public:
    explicit Client(const char *socket = nullptr, int timeLimit = SEGMENTD_DEFAULT_LIMIT) {
        segmentd_client *client;
        if (int status = segmentd_connect(socket, timeLimit, &client); status < 0) throw SegmentError(status);
        pointer.reset(client);
    }
    Segment attach(const std::string &name, segmentd_access access = SEGMENTD_READ_WRITE) const;

private:
    struct End { void operator()(segmentd_client *client) const { segmentd_disconnect(client); } };
    std::unique_ptr<segmentd_client, End> pointer;
};

// A segment's memory, detached at the end of its scope; it can be moved, not copied.
class Segment {
public:
    std::size_t size() const { return segmentd_segment_size(pointer.get()); }
    template <typename Value> Value &as() const {
        if (size() < sizeof(Value)) throw std::out_of_range("the segment is too small");
        return *static_cast<Value *>(segmentd_segment_memory(pointer.get()));
    }

private:
    friend Client;
    explicit Segment(segmentd_segment *segment) : pointer(segment) {}
    struct End { void operator()(segmentd_segment *segment) const { segmentd_detach(segment); } };
    std::unique_ptr<segmentd_segment, End> pointer;
};

Segment Client::attach(const std::string &name, segmentd_access access) const {
    segmentd_segment *segment;
    int status = segmentd_attach(pointer.get(), name.c_str(), access, &segment);
    if (status < 0) throw SegmentError(status);
    return Segment(segment);
}

int main(int count, char **arguments) try {
    if (count != 2) throw std::invalid_argument("usage: counter NAME");
    Segment segment = Client().attach(arguments[1]);
    // A new segment is zero, and other processes may count at the same time.
    std::cout << ++segment.as<std::atomic<std::uint64_t>>() << std::endl;
} catch (const std::exception &error) {
    std::cerr << "counter: " << error.what() << std::endl;
    return 1;
}
