// A program without segmentd: finds the segment of the file "shmfile", prints its contents, and tries to remove it.
#include <cstdio>
#include <iostream>
#include <sys/ipc.h>
#include <sys/shm.h>

int main() {
    key_t key = ftok("shmfile", 65);
    if (key == -1) return perror("ftok"), 1;
    int identifier = shmget(key, 1024, 0666 | IPC_CREAT);
    if (identifier == -1) return perror("shmget"), 1;
    char *memory = static_cast<char *>(shmat(identifier, nullptr, 0));
    if (memory == reinterpret_cast<char *>(-1)) return perror("shmat"), 1;

    std::cout << "read: " << memory << std::endl;
    shmdt(memory);
    if (shmctl(identifier, IPC_RMID, nullptr) == 0) std::cout << "removed" << std::endl;
    else perror("IPC_RMID");
    return 0;
}
