{
 "algorithm": "ed25519",
 "bundle": "38e4b0bf94ae17d49c06a70ef2529cb4abc4b4f4fa30e84f42424c2d0c0b6f91",
 "format": "zeroth-signature",
 "format_version": 1,
 "key": "56475aa75463474c0285df5dbf2bcab73da651358839e9b77481b2eab107708c",
 "signature": "g4D+aA/53yb6ZG9kOXPdFQk9N8ywEyJ+Kv0slgsu8ZnRjEim/yk8Ph7yB15ZkYxyFB+YMibnUNFjrP/KzepTAA=="
}
