// Written by Tools/interface-id: a digest of the sources that plugins compile against.
#define ZEROTH_INTERFACE_ID "f0c6a62e3c99be27"
