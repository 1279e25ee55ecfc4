// Written by Tools/interface-id: a digest of the sources that plugins compile against.
#define ZEROTH_INTERFACE_ID "5d92380af3e4b3d3"
