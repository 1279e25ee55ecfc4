#include "zeroth_plugin.h"
