package dissect

// The names of numbers in 802.11, as Wireshark 4.0 shows them.

// wlanTypeNames are 802.11 types and subtypes as one number.
var wlanTypeNames = valueNames{
	{0, "Association Request"},
	{1, "Association Response"},
	{2, "Reassociation Request"},
	{3, "Reassociation Response"},
	{4, "Probe Request"},
	{5, "Probe Response"},
	{6, "Measurement Pilot"},
	{8, "Beacon frame"},
	{9, "ATIM"},
	{10, "Disassociate"},
	{11, "Authentication"},
	{12, "Deauthentication"},
	{13, "Action"},
	{14, "Action No Ack"},
	{15, "Aruba Management"},
	{18, "Trigger"},
	{20, "Beamforming Report Poll"},
	{21, "VHT/HE NDP Announcement"},
	{23, "Control Wrapper"},
	{24, "802.11 Block Ack Req"},
	{25, "802.11 Block Ack"},
	{26, "Power-Save poll"},
	{27, "Request-to-send"},
	{28, "Clear-to-send"},
	{29, "Acknowledgement"},
	{30, "CF-End (Control-frame)"},
	{31, "CF-End + CF-Ack (Control-frame)"},
	{32, "Data"},
	{33, "Data + CF-Ack"},
	{34, "Data + CF-Poll"},
	{35, "Data + CF-Ack + CF-Poll"},
	{36, "Null function (No data)"},
	{37, "Acknowledgement (No data)"},
	{38, "CF-Poll (No data)"},
	{39, "CF-Ack/Poll (No data)"},
	{40, "QoS Data"},
	{41, "QoS Data + CF-Acknowledgment"},
	{42, "QoS Data + CF-Poll"},
	{43, "QoS Data + CF-Ack + CF-Poll"},
	{44, "QoS Null function (No data)"},
	{46, "QoS CF-Poll (No Data)"},
	{47, "QoS CF-Ack + CF-Poll (No data)"},
	{48, "DMG Beacon"},
	{49, "S1G Beacon"},
	{354, "Poll"},
	{355, "Service Period Request"},
	{356, "Grant"},
	{357, "DMG Clear-to-send"},
	{358, "DMG Denial-to-send"},
	{359, "Grant Acknowledgment"},
	{360, "Sector Sweep"},
	{361, "Sector Sweep Feedback"},
	{362, "Sector Sweep Acknowledgment"},
}

// wlanKindNames are 802.11 types.
var wlanKindNames = valueNames{
	{0, "Management frame"}, {1, "Control frame"}, {2, "Data frame"}, {3, "Extension frame"},
}

// distributionNames are the four ways of an 802.11 frame.
var distributionNames = valueNames{
	{0, "Not leaving DS or network is operating in AD-HOC mode (To DS: 0 From DS: 0)"},
	{1, "Frame from STA to DS via an AP (To DS: 1 From DS: 0)"},
	{2, "Frame from DS to a STA via AP(To DS: 0 From DS: 1)"},
	{3, "WDS (AP to AP) or Mesh (MP to MP) Frame (To DS: 1 From DS: 1)"},
}
