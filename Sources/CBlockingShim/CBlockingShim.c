#include "CBlockingShim.h"
