#pragma once

#include "privileges.h"
