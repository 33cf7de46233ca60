#pragma once
#include "SharedMemoryControl.h"
#include "SocketCredentials.h"
