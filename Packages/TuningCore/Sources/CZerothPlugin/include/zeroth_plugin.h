// The boundary between Zeroth and a plugin: one C symbol whose numbers are checked before any Swift type crosses.
#ifndef ZEROTH_PLUGIN_H
#define ZEROTH_PLUGIN_H

#include <stdint.h>
#include "zeroth_interface_id.h"

#define ZEROTH_PLUGIN_MAGIC 0x5A45524Fu /* "ZERO" */
#define ZEROTH_PLUGIN_ABI 1u

/// What `zeroth_plugin_main` of a plugin returns. Fields are only ever added at the end.
typedef struct zeroth_plugin_descriptor {
  uint32_t magic;
  uint32_t struct_size;
  uint32_t abi;
  uint32_t kind; /* 1: Swift factory */
  const char *name;
  const char *version;
  const char *compiler;     /* of the plugin, baked in when it was compiled */
  const char *interface_id; /* of the packages that it was compiled against */
  void *(*swift_factory)(void); /* +1 retained object that conforms to TuningCore's `Plugin` */
} zeroth_plugin_descriptor;

// Functions of the header, not of a library: their text is compiled into whoever calls them.
static inline const char *zeroth_baked_compiler(void) { return __VERSION__; }
static inline const char *zeroth_baked_interface_id(void) { return ZEROTH_INTERFACE_ID; }

/// A descriptor for a Swift plugin; `name` and `version` must live as long as the process.
static inline zeroth_plugin_descriptor zeroth_swift_plugin(const char *name, const char *version, void *(*factory)(void)) {
  zeroth_plugin_descriptor d = {ZEROTH_PLUGIN_MAGIC,     sizeof(zeroth_plugin_descriptor), ZEROTH_PLUGIN_ABI, 1, name, version,
                                __VERSION__, ZEROTH_INTERFACE_ID, factory};
  return d;
}

#endif
