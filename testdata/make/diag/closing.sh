# Cases about how a connection ends; sourced by ../diag.sh.

# closing NAME SERVER_STEPS CLIENT_STEPS [WHERE]: one connection over 20 ms.
closing() {
  serve "$2"
  begin "$1" "${4:-client}"
  ask "$3"
  end
}

case_reset_after_data() {
  ms 10
  closing reset_after_data 'recv 200; send 600; sleep 0.2; reset' 'send 200; drain'
  closing reset_after_data-near 'recv 200; send 600; sleep 0.2; close' 'send 200; drain; close'
}

case_reset_unacked() {
  ms 20
  closing reset_unacked 'recv 200; send 600; sleep 0.005; reset' 'send 200; sleep 0.2; drain' server
  closing reset_unacked-near 'recv 200; send 600; sleep 0.2; reset' 'send 200; drain' server
}

case_reset_after_fin() {
  ms 10
  closing reset_after_fin 'recv 200; send 600; fin; hold' 'send 200; drain; sleep 0.2; reset'
  closing reset_after_fin-near 'recv 200; send 600; fin; hold' 'send 200; drain; sleep 0.2; close'
}

case_fin_then_rst() {
  ms 10
  closing fin_then_rst 'recv 200; send 600; drain; send 600; hold' 'send 200; recv 600; close'
  closing fin_then_rst-near 'recv 200; send 600; drain; send 600; close' 'send 200; recv 600; fin; drain; close'
}

case_half_closed() {
  ms 10
  serve 'recv 200; send 600; drain; hold'
  begin half_closed
  ask_on 'send 200; recv 600; fin; hold'
  end 1.5
  closing half_closed-near 'recv 200; send 600; drain; sleep 1; close' 'send 200; recv 600; fin; drain; close'
}

# left_open NAME SECONDS: a connection without an end, then one of another port
# so much later.
left_open() {
  serve 'recv 200; send 600; hold'
  serve2 "$ECHO"
  begin "$1"
  ask_on 'send 200; recv 600; hold'
  sleep 2
  ask2 "$REQUEST"
  end
  NAME=$1 rewrite stretch "$2"
}

case_silent_end() {
  ms 10
  left_open silent_end 63
  left_open silent_end-near 40
}

case_unacked_at_end() {
  ms 10
  serve 'recv 200; send 600; drain; hold'
  begin unacked_at_end
  ask_on 'send 200; recv 600; sleep 1; send 500; hold'
  sleep 0.7
  line --loss 100
  end 3
  ms 10
  serve 'recv 200; send 600; drain; hold'
  begin unacked_at_end-near
  ask_on 'send 200; recv 600; sleep 1; send 500; hold'
  end 3
}

case_idle_timeout() {
  ms 10
  serve 'recv 200; send 600; sleep 2; reset'
  begin idle_timeout
  ask 'send 200; drain'
  end
  NAME=idle_timeout rewrite stretch 63
  serve 'recv 200; send 600; sleep 2; send 600; drain; close'
  begin idle_timeout-near
  ask 'send 200; recv 1200; close'
  end
  NAME=idle_timeout-near rewrite stretch 63
}

case_keep_alive_only() {
  ms 10
  serve 'recv 200; send 600; drain; close'
  begin keep_alive_only
  ask 'keepalive 1; send 200; recv 600; sleep 4.5; close'
  end
  serve 'recv 200; send 600; drain; close'
  begin keep_alive_only-near
  ask 'keepalive 1; send 200; recv 600; sleep 1.5; close'
  end
}

case_keep_alive_unanswered() {
  ms 10
  serve 'recv 200; send 600; hold'
  begin keep_alive_unanswered
  ask_on 'keepalive 1; send 200; recv 600; hold'
  sleep 0.6
  line --loss 100
  end 4.5
  ms 10
  serve 'recv 200; send 600; hold'
  begin keep_alive_unanswered-near
  ask_on 'keepalive 1; send 200; recv 600; hold'
  end 5
}
