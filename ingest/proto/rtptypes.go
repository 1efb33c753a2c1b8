package proto

import "strconv"

// rtpType is a static payload type (RFC 3551, section 6).
type rtpType struct {
	name string
	rate uint32 // of the clock, Hz
}

var rtpTypes = map[uint8]rtpType{
	0: {"ITU-T G.711 PCMU", 8000}, 1: {"USA Federal Standard FS-1016", 8000}, 2: {"ITU-T G.721", 8000}, 3: {"GSM 06.10", 8000},
	4: {"ITU-T G.723", 8000}, 5: {"DVI4 8000 samples/s", 8000}, 6: {"DVI4 16000 samples/s", 16000},
	7: {"Experimental linear predictive encoding from Xerox PARC", 8000}, 8: {"ITU-T G.711 PCMA", 8000}, 9: {"ITU-T G.722", 8000},
	10: {"16-bit uncompressed audio, stereo", 44100}, 11: {"16-bit uncompressed audio, monaural", 44100},
	12: {"Qualcomm Code Excited Linear Predictive coding", 8000}, 13: {"Comfort noise", 8000}, 14: {"MPEG-I/II Audio", 90000},
	15: {"ITU-T G.728", 8000}, 16: {"DVI4 11025 samples/s", 11025}, 17: {"DVI4 22050 samples/s", 22050}, 18: {"ITU-T G.729", 8000},
	19: {"Comfort noise (old)", 8000}, 25: {"Sun CellB video encoding", 90000}, 26: {"JPEG-compressed video", 90000},
	28: {"'nv' program", 90000}, 31: {"ITU-T H.261", 90000}, 32: {"MPEG-I/II Video", 90000},
	33: {"MPEG-II transport streams", 90000}, 34: {"ITU-T H.263", 90000},
}

// rtpTypeName names a payload type as Wireshark does.
func rtpTypeName(pt uint8) string {
	switch t, known := rtpTypes[pt]; {
	case known:
		return t.name
	case pt >= 96:
		return "DynamicRTP-Type-" + strconv.Itoa(int(pt))
	case pt >= 72 && pt <= 76:
		return "Reserved for RTCP conflict avoidance"
	}
	return "Unassigned"
}
