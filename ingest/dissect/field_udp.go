package dissect

// udpFields are of UDP (RFC 768) and UDP-Lite (RFC 3828), whose third field is
// the part that the checksum covers.
var udpFields = [...]Field{
	{Name: "udp.srcport", Kind: KindUint, Bits: 16, Proto: ProtoUDP, also: ProtoUDPLite, in: part{0, 2, 0}, Doc: "Source port"},
	{Name: "udp.dstport", Kind: KindUint, Bits: 16, Proto: ProtoUDP, also: ProtoUDPLite, in: part{2, 2, 0}, Doc: "Destination port"},
	{Name: "udp.port", Kind: KindUint, Bits: 16, Proto: ProtoUDP, also: ProtoUDPLite, in: part{0, 2, 0}, times: 2, Doc: "Source, then destination port"},
	{Name: "udp.length", Kind: KindUint, Bits: 16, Proto: ProtoUDP, in: part{4, 2, 0}, Doc: "Length of header and payload"},
	{Name: "udp.checksum_coverage", Kind: KindUint, Bits: 16, Proto: ProtoUDPLite, in: part{4, 2, 0}, Doc: "Length of what the checksum covers"},
	{Name: "udp.checksum", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoUDP, also: ProtoUDPLite, in: part{6, 2, 0}, when: udpSound, Doc: "Checksum, 0 if there is none"},
	{Name: "udp.checksum.status", Kind: KindUint, Bits: 8, Proto: ProtoUDP, also: ProtoUDPLite, get: getUDPChecksumStatus, when: udpSound, Doc: "2: not verified, which is the default; 3: none"},
	{Name: "udp.payload", Kind: KindBytes, Proto: ProtoUDP, also: ProtoUDPLite, get: getPayload, Doc: "Captured payload"},
}

// udpSound tells that the length is possible; if not, Wireshark stops there.
func udpSound(v view) bool {
	t := v.transport()
	return t == nil || !t.Broken
}

func getUDPChecksumStatus(dst []FieldValue, v view, f *Field) []FieldValue {
	if v.start+udpHeader > v.limit {
		return dst
	}
	status := uint64(statusUnverified)
	if be16(v.data, v.start+6) == 0 {
		status = statusNone
	}
	return append(dst, v.number(f, status, v.start+6, 0))
}

// sctpFields are of SCTP (RFC 9260): the common header and the heads of the
// chunks.
var sctpFields = [...]Field{
	{Name: "sctp.srcport", Kind: KindUint, Bits: 16, Proto: ProtoSCTP, in: part{0, 2, 0}, Doc: "Source port"},
	{Name: "sctp.dstport", Kind: KindUint, Bits: 16, Proto: ProtoSCTP, in: part{2, 2, 0}, Doc: "Destination port"},
	{Name: "sctp.port", Kind: KindUint, Bits: 16, Proto: ProtoSCTP, in: part{0, 2, 0}, times: 2, Doc: "Source, then destination port"},
	{Name: "sctp.verification_tag", Kind: KindUint, Bits: 32, Hex: true, Proto: ProtoSCTP, in: part{4, 4, 0}, Doc: "Verification tag"},
	{Name: "sctp.checksum", Kind: KindUint, Bits: 32, Hex: true, Proto: ProtoSCTP, in: part{8, 4, 0}, Doc: "Checksum"},
	{Name: "sctp.chunk_type", Kind: KindUint, Bits: 8, Proto: ProtoSCTP, in: part{0, 1, 0}, get: getChunk, option: anyChunk, Doc: "Type of each chunk"},
	{Name: "sctp.chunk_flags", Kind: KindUint, Bits: 8, Hex: true, Proto: ProtoSCTP, in: part{1, 1, 0}, get: getChunk, option: anyChunk, Doc: "Flags of each chunk"},
	{Name: "sctp.chunk_length", Kind: KindUint, Bits: 16, Proto: ProtoSCTP, in: part{2, 2, 0}, get: getChunk, option: anyChunk, Doc: "Length of each chunk"},
	{Name: "sctp.data_tsn_raw", Kind: KindUint, Bits: 32, Proto: ProtoSCTP, in: part{4, 4, 0}, get: getChunk, option: chunkData, Doc: "Transmission sequence number"},
	{Name: "sctp.data_sid", Kind: KindUint, Bits: 16, Hex: true, Proto: ProtoSCTP, in: part{8, 2, 0}, get: getChunk, option: chunkData, Doc: "Stream of the data"},
	{Name: "sctp.data_ssn", Kind: KindUint, Bits: 16, Proto: ProtoSCTP, in: part{10, 2, 0}, get: getChunk, option: chunkData, Doc: "Sequence number in the stream"},
	{Name: "sctp.data_payload_proto_id", Kind: KindUint, Bits: 32, Proto: ProtoSCTP, in: part{12, 4, 0}, get: getChunk, option: chunkData, Doc: "Protocol of the data"},
	{Name: "sctp.data_b_bit", Kind: KindBool, Bits: 8, Proto: ProtoSCTP, in: part{1, 1, 0x02}, get: getChunk, option: chunkData, Doc: "First part of a message"},
	{Name: "sctp.data_e_bit", Kind: KindBool, Bits: 8, Proto: ProtoSCTP, in: part{1, 1, 0x01}, get: getChunk, option: chunkData, Doc: "Last part of a message"},
	{Name: "sctp.data_u_bit", Kind: KindBool, Bits: 8, Proto: ProtoSCTP, in: part{1, 1, 0x04}, get: getChunk, option: chunkData, Doc: "Unordered"},
	{Name: "sctp.init_initiate_tag", Kind: KindUint, Bits: 32, Hex: true, Proto: ProtoSCTP, in: part{4, 4, 0}, get: getChunk, option: chunkInit, Doc: "Tag that the sender expects"},
	{Name: "sctp.init_credit", Kind: KindUint, Bits: 32, Proto: ProtoSCTP, in: part{8, 4, 0}, get: getChunk, option: chunkInit, Doc: "Receive window"},
	{Name: "sctp.init_nr_out_streams", Kind: KindUint, Bits: 16, Proto: ProtoSCTP, in: part{12, 2, 0}, get: getChunk, option: chunkInit, Doc: "Outbound streams"},
	{Name: "sctp.init_nr_in_streams", Kind: KindUint, Bits: 16, Proto: ProtoSCTP, in: part{14, 2, 0}, get: getChunk, option: chunkInit, Doc: "Inbound streams"},
	{Name: "sctp.init_initial_tsn", Kind: KindUint, Bits: 32, Proto: ProtoSCTP, in: part{16, 4, 0}, get: getChunk, option: chunkInit, Doc: "First transmission sequence number"},
	{Name: "sctp.initack_initiate_tag", Kind: KindUint, Bits: 32, Hex: true, Proto: ProtoSCTP, in: part{4, 4, 0}, get: getChunk, option: chunkInitAck, Doc: "Tag that the sender expects"},
	{Name: "sctp.initack_credit", Kind: KindUint, Bits: 32, Proto: ProtoSCTP, in: part{8, 4, 0}, get: getChunk, option: chunkInitAck, Doc: "Receive window"},
	{Name: "sctp.initack_nr_out_streams", Kind: KindUint, Bits: 16, Proto: ProtoSCTP, in: part{12, 2, 0}, get: getChunk, option: chunkInitAck, Doc: "Outbound streams"},
	{Name: "sctp.initack_nr_in_streams", Kind: KindUint, Bits: 16, Proto: ProtoSCTP, in: part{14, 2, 0}, get: getChunk, option: chunkInitAck, Doc: "Inbound streams"},
	{Name: "sctp.initack_initial_tsn", Kind: KindUint, Bits: 32, Proto: ProtoSCTP, in: part{16, 4, 0}, get: getChunk, option: chunkInitAck, Doc: "First transmission sequence number"},
	{Name: "sctp.sack_a_rwnd", Kind: KindUint, Bits: 32, Proto: ProtoSCTP, in: part{8, 4, 0}, get: getChunk, option: chunkSACK, Doc: "Receive window"},
	{Name: "sctp.sack_cumulative_tsn_ack_raw", Kind: KindUint, Bits: 32, Proto: ProtoSCTP, in: part{4, 4, 0}, get: getChunk, option: chunkSACK, Doc: "Last number before the first gap"},
	{Name: "sctp.sack_number_of_gap_blocks", Kind: KindUint, Bits: 16, Proto: ProtoSCTP, in: part{12, 2, 0}, get: getChunk, option: chunkSACK, Doc: "Number of blocks behind gaps"},
	{Name: "sctp.sack_number_of_duplicated_tsns", Kind: KindUint, Bits: 16, Proto: ProtoSCTP, in: part{14, 2, 0}, get: getChunk, option: chunkSACK, Doc: "Number of duplicates"},
}

// Chunk types (RFC 9260, section 3.2) that a field is about.
const (
	chunkData    = 0
	chunkInit    = 1
	chunkInitAck = 2
	chunkSACK    = 3
	anyChunk     = 255
)

// getChunk is a part of every chunk, or of those of type f.option. Chunks are
// padded to four bytes.
func getChunk(dst []FieldValue, v view, f *Field) []FieldValue {
	const header, chunkHeader = 12, 4
	end := v.end()
	for at := v.start + header; at+chunkHeader <= end; {
		length := int(be16(v.data, at+2))
		in := int(f.in.at) + int(f.in.size)
		if (f.option == anyChunk || f.option == v.data[at]) && in <= max(length, chunkHeader) && at+in <= end {
			dst = append(dst, v.value(f, at+int(f.in.at)))
		}
		if length < chunkHeader {
			break
		}
		at += (length + 3) &^ 3
	}
	return dst
}
