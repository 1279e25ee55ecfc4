// Written by Tools/interface-id: a digest of the sources that plugins compile against.
#define ZEROTH_INTERFACE_ID "b782062a3b2a0de2"
