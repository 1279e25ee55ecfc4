// Written by Tools/interface-id: a digest of the sources that plugins compile against.
#define ZEROTH_INTERFACE_ID "fc936aee0410ff11"
