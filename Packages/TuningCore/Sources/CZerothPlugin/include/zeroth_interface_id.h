// Written by Tools/interface-id: a digest of the sources that plugins compile against.
#define ZEROTH_INTERFACE_ID "ad452f01f9fc78eb"
