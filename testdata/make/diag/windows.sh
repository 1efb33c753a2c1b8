# Cases about receive windows; sourced by ../diag.sh.

case_zero_window() {
  ms 10
  serve 'rcvbuf 4096; sleep 1.2; drain; close'
  begin zero_window
  ask 'send 40000; fin; drain; close'
  end
  serve 'rcvbuf 4096; sleep 0.1; drain; sleep 4; close'
  begin zero_window-near
  ask 'send 12000; fin; drain; close'
  end
}

case_zero_window_stuck() {
  ms 10
  serve 'rcvbuf 4096; hold'
  begin zero_window_stuck
  ask_on 'send 40000; hold'
  end 4
  serve 'rcvbuf 4096; sleep 2; drain; close'
  begin zero_window_stuck-near
  ask 'send 40000; fin; drain; close'
  end
}

case_window_full() {
  ms 25
  serve 'rcvbuf 4096; sip 1000 0.03; close'
  begin window_full client -s 96
  ask 'nodelay; send 30000; fin; drain; close'
  end
  serve 'drain; close'
  begin window_full-near client -s 96
  ask 'nodelay; send 30000; fin; drain; close'
  end
}

case_small_window() {
  ms 25
  serve 'rcvbuf 8192; drain; close'
  begin small_window client -s 96
  ask 'send 120000; fin; drain; close'
  end
  serve 'drain; close'
  begin small_window-near client -s 96
  ask 'send 120000; fin; drain; close'
  end
}

case_scaling_missing() {
  ms 30
  in_ns server sysctl -qw net.ipv4.tcp_window_scaling=0
  serve 'drain; close'
  begin scaling_missing client -s 80
  ask 'send 700000; fin; drain; close'
  end
  in_ns server sysctl -qw net.ipv4.tcp_window_scaling=1
  serve 'drain; close'
  begin scaling_missing-near client -s 80
  ask 'send 700000; fin; drain; close'
  end
}
