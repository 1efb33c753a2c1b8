package payload

// The ports that Wireshark 4.0.17 registers, as "tshark -G decodes" lists them
// (tables tcp.port and udp.port): a protocol and its ports or ranges of ports.
// Protocols that set the conversation themselves are not in these tables.

const tcpPorts = `
echo 7; daytime 13; chargen 19; ftp-data 20; ftp 21; ssh 22 29418; telnet 23; smtp 25 587; time 37; winsrepl 42;
whois 43; tacplus 49; dns 53 5353; gopher 70; finger 79;
http 80 631 1900 2710 2869 3128 3132 3689 5985 8080 8088 11371; kerberos 88; tpkt 102 3389; dicom 104; pop 110;
rpc 111; nntp 119; ntp 123; nbss 139 445; imap 143; snmp 161-162; bgp 179; smux 199; z3950 210; rpkirtr 323;
tls 324 443 465 636 802 853 993 995 1300 2221 2443 3249-3252 3496 5061 5671 5684 5868 8883 11207 19999 27017;
ldap 389 3268; srvloc 427; kpasswd 464; kf 473 4058; isakmp 500; mbtcp 502; exec 512; rlogin 513; rsh 514; lpd 515;
ncp 524; dhcpv6.bulk_leasequery 547; dsi 548; rtsp 554 7236 8554; 9p 564; msdp 639; ldp 646; dhcpfo 647; acap 674;
agentx 705; cmp 829; dlep 854; twamp.control 862; rsync 873; acdr 925; lnet 988; socks 1080; ff 1090; rmi 1099;
idmp 1102; c1222 1153; openvpn 1194; gift 1213; icap 1344; tds 1433 2433; tns 1521; sametime 1533; laplink 1547;
pptp 1723; msmms 1755; vicp 1861; msnms 1863; mqtt 1883; rtmpt 1935; kt 1978-1979; xot 1998; skinny 2000; djiuav 2001;
dlsw 2065; h501 2099; gtp 2123 2152; cops 2126 3288 3918; tivoconnect 2190; slsk 2234 2240 5534; mikey 2269;
tpm 2321-2322; knet 2345; cvspserver 2401; iec60870_104 2404; tpncp 2424; mgcp 2427 2727; kismet 2501; kdsp 2502;
r3 2571 8023; hl7 2575; zebra 2600; atmtcp 2812; msrp 2855; megaco 2944; h248 2945;
gsm_ipa 3002-3003 3006 4222 4249-4250 5000; ndps 3014 3016-3019 3369; gdsdb 3050; isns 3205; opa.fe 3245-3248;
mysql 3306; enttec 3333; pvfs 3334; ax4000 3357; gtpprime 3386; sabp 3452; stun 3478; dof 3567; distcc 3632; kip 3671;
wow 3724; hiqnet 3804; sasp 3860; asap 3863; diameter 3868; opsi 4002; bzr 4155; pcep 4189; tfp 4223; cast 4224;
smrse 4321; lisp-tcp 4342; epmd 4369; nvme-tcp 4420; mih 4551; rsip 4555; tcpcl 4556; edonkey 4661-4663;
synphasor 4712; gearman 4730; ipdr 4737; cflow 4739; xmcp 4788; opcua 4840; hislip 4880; ipsictl 5010; sip 5060;
s5066sis 5066; llrp 5084; hart_ip 5094; aol 5190; xmpp 5222; netsync 5253; pgsql 5432; artemis 5445;
vnc 5500-5501 5900-5901; sigcomp 5555 6666; amqp 5672; coap 5683; hzlcst 5701; dtpt 5721; elcom 5997; x11 6000-6063;
ancp 6068; mrcpv2 6075 30000-30200; reload-framing 6084; spdy 6121; ecmp 6160; gnutella 6346; resp 6379; sir 6417;
openflow 6653; irc 6667 57000; ipdc 6668; bittorrent 6881-6889; gryphon 7000; nano 7075; tibia 7171-7172; ulp 7275;
ilp 7276; dpp 7871; cmpp 7890 7900 7930 9168; omapi 7911; 5co_legacy 8004 8010; ajp13 8009; gadu-gadu 8074; woww 8085;
dtps 8567; s101 9000; jdwp 9009; cql 9042; kafka 9092; elasticsearch 9300; git 9418; omron 9600; ardp 9955; ajns 9956;
tplink-smarthome 9999; ndmp 10000; beep 10288; couchbase 11210; memcache 11211; doip 13400; mpeg_dsmcc 13819;
uma 14001; ptpip 15740; db-lsp 17500; scop 17755-17756; eti 19006 19043 19506 19543; xti 19042; dnp3 20000;
pcomtcp 20256; dlm3 21064; rtpproxy 22222; synergy 24800; ecatf 34980; pcp 44321; pmproxy 44322; enip 44818;
cbsp 48049; ams 48898;
`

const udpPorts = `
echo 7; daytime 13; chargen 19; time 37; tacacs 49; dns 53; dhcp 67-68 4011; tftp 69; kerberos 88; rpc 111; ntp 123;
nbns 137; nbdgm 138; snmp 161-162 8161; xyplex 173; xdmcp 177; ipx 213; packetbb 269; ptp 319-320; cldap 389;
srvloc 427; mip 434; kpasswd 464; kf 473 4058; auto_rp 496; isakmp 500; mbudp 502; who 513; syslog 514; rip 520;
ripng 521; ncp 524; tsp 525; pulse 539; dhcpv6 546-547; vines_frp 573; rmcp 623; cups 631; ldp 646; aodv 654; rsp 664;
olsr 698; a11 699; lmp 701; krb4 750; dtls 853 2221 5684 5868; dlep 854; kink 910; lwres 921; acdr 925; find 1001;
uftp 1044; ddtp 1052; slimp3 1069 3483; ff 1089-1091 3622; sebek 1101; ltp 1113; c1222 1153; openvpn 1194; pktc 1293;
laplink 1547; cnip 1628-1629; radius 1645-1646 1700 1812-1813 3799; l2tp 1701; h225 1718-1719; msproxy 1745;
msmms 1755; ssdp 1900; hsrp 1985 2029; wccp 2048; cflow 2055 4739 9996; dlsw 2067; h501 2099; gtp 2123 2152;
gprs-ns 2157 19999; tivoconnect 2190; cipio 2222; wimaxasncp 2231; pktc.mtafqdn 2246; amt 2268; mikey 2269; iapp 2313;
knet 2345; tpncp 2424; mgcp 2427 2727; actrace 2428; wlccp 2887; megaco 2944; h248 2945; wsp 2948 9200;
wtls 2949 9202-9203; componentstatusprotocol 2960; dis 3000; tpcp 3121; icp 3130; isns 3205; glbp 3222; hicp 3250;
enttec 3333; msrcp 3343; ax4000 3357; gtpprime 3386; rdpudp 3389; sabp 3452; rsvp 3455; stun 3478; mpls-echo 3503;
pnrp 3540; teredo 3544; dof 3567 5567; kip 3671; bfd 3784 4784 6784 7784; bfd_echo 3785; pathport 3792; hiqnet 3804;
epl 3819; asap 3863; gvcp 3956; icq 4000; bat 4305; bat.gw 4306; bat.vis 4307; lisp-data 4341; lisp 4342;
udpencap 4500; armagetronad 4533-4534; mih 4551; rsip 4555; bundle 4556; iax2 4569; edonkey 4665 4672; synphasor 4713;
gsmtap 4729; gre 4754; vxlan 4789; vxlan_gpe 4790; infiniband 4791; vrt 4991; tapa 5000; cpfi 5001; dmp 5031;
sbus 5050; sip 5060; ayiya 5072; hart_ip 5094; capwap 5246; capwap.data 5247; njack 5264-5265; portcontrol 5350-5351;
mdns 5353; llmnr 5355; corosync_totemnet 5404-5405; mipv6 5436; sigcomp 5555 6666; mndp 5678; coap 5683; esio 6060;
dpnet 6073; geneve 6081; reload-framing 6084; ldss 6087; tipc 6118; ecmp 6160; sflow 6343; adwin 6543; mpls 6635;
babel 6696; rdt 6970; rx 7000-7009 7021; 5co_legacy 7010; tetra 7074; nano 7075; idn 7255; ulp 7275; oicq 8000;
cpha 8116; adp 8200; papi 8211; asterix 8600; bjnp 8611-8614; opensafety 8755; ts2 8767; pfcp 8805; ipvs 8848;
roon_disco 9003; wtp 9201; dvb_ipdc 9214; omron 9600; sap 9875; opensafety_udp 9877; sctp 9899; enrp 9901; ardp 9955;
ajns 9956; tplink-smarthome 9999; wisun.eapol_relay 10253; hip 10500; memcache 11211; vuze-dht 11273; caneth 11898;
llc 12000-12004; lwapp-l3 12220; lwapp 12222-12223; doip 13400; mpeg_dsmcc 13819; wassp 13907 13910; ieee1722 17220;
db-lsp-disc 17500; zep 17754; scop 17755-17756; egd 18246; raknet 19132; mle 19788; kdp 19948; dnp3 20000;
mactelnet 20561; rtpproxy 22222; a21 23272; mint 24576-24577; collectd 25826; quake 26000; steam_ihs_discovery 27036;
quakeworld 27500; quake2 27910; quake3 27950-27953 27960-27963; jmirror 30030; uaudp 32000 32512; pn_rt 34962;
ecatf 34980; tzsp 37008; manolito 41170; enip 44818; ath 45564; hcrt 47000; bvlc 47808; nxp_802154_sniffer 49999;
elasticsearch 54328;
eobi 56000-56001 56500-56501 57000-57001 57032-57033 57500-57501 57532-57533 59000-59001 59032-59033 59500-59501 59532-59533;
ssyncp 60001;
`
