// A program without segmentd: finds or creates the segment of the file "shmfile", and writes a line into it.
#include <cstdio>
#include <iostream>
#include <string>
#include <sys/ipc.h>
#include <sys/shm.h>

int main() {
    key_t key = ftok("shmfile", 65);
    if (key == -1) return perror("ftok"), 1;
    int identifier = shmget(key, 1024, 0666 | IPC_CREAT);
    if (identifier == -1) return perror("shmget"), 1;
    char *memory = static_cast<char *>(shmat(identifier, nullptr, 0));
    if (memory == reinterpret_cast<char *>(-1)) return perror("shmat"), 1;

    std::cout << "Write: " << std::flush;
    std::string line;
    std::getline(std::cin, line);
    snprintf(memory, 1024, "%s", line.c_str());
    std::cout << "written: " << memory << std::endl;
    return shmdt(memory) == 0 ? 0 : 1;
}
