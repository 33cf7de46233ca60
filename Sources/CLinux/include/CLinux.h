#pragma once
#include "Environment.h"
#include "Futex.h"
#include "ProcessDescriptor.h"
#include "SharedMemoryControl.h"
#include "UnixSocket.h"
