#pragma once
#include "Environment.h"
#include "Epoll.h"
#include "EventDescriptor.h"
#include "Futex.h"
#include "ProcessDescriptor.h"
#include "SharedMemoryControl.h"
#include "UnixSocket.h"
