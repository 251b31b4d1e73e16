;; The smallest contract that the tests of the client need. The first letter of the message's name decides:
;;   ping  answers with the event `ping_answered`
;;   once  the same, and fails the second time
;;   fail  fails
;;   burn  uses gas without end
;; Queries: `ping` answers true, `missing` says that nothing was found, anything else is refused.
;; contract.wasm beside it: wat2wasm contract.wat -o contract.wasm
(module
  (import "env" "db_read" (func $db_read (param i32) (result i32)))
  (import "env" "db_write" (func $db_write (param i32 i32)))
  (memory (export "memory") 32)
  (global $heap (mut i32) (i32.const 65536))
  (data (i32.const 1024) "{\"ok\":{\"messages\":[],\"attributes\":[],\"events\":[],\"data\":null}}")
  (data (i32.const 2048) "{\"ok\":{\"messages\":[],\"attributes\":[],\"events\":[{\"type\":\"ping_answered\",\"attributes\":[{\"key\":\"ping_id\",\"value\":\"7\"}]}],\"data\":null}}")
  (data (i32.const 3072) "{\"error\":\"refused as asked\"}")
  (data (i32.const 4096) "{\"error\":\"was done before\"}")
  (data (i32.const 5120) "{\"ok\":\"dHJ1ZQ==\"}")
  (data (i32.const 6144) "{\"error\":\"thing 7 not found\"}")
  (data (i32.const 7168) "done")
  (func (export "interface_version_8"))
  (func $allocate (export "allocate") (param $size i32) (result i32)
    (local $region i32)
    (local.set $region (global.get $heap))
    (i32.store (local.get $region) (i32.add (local.get $region) (i32.const 12)))
    (i32.store offset=4 (local.get $region) (local.get $size))
    (i32.store offset=8 (local.get $region) (i32.const 0))
    (global.set $heap
      (i32.and
        (i32.add (i32.add (local.get $region) (local.get $size)) (i32.const 27))
        (i32.const -8)))
    (local.get $region))
  (func (export "deallocate") (param i32))
  (func $region (param $offset i32) (param $length i32) (result i32)
    (local $region i32)
    (local.set $region (call $allocate (i32.const 0)))
    (i32.store (local.get $region) (local.get $offset))
    (i32.store offset=4 (local.get $region) (local.get $length))
    (i32.store offset=8 (local.get $region) (local.get $length))
    (local.get $region))
  (func $letter (param $msg i32) (result i32)
    (i32.load8_u offset=2 (i32.load (local.get $msg))))
  (func $pong (result i32) (call $region (i32.const 2048) (i32.const 131)))
  (func (export "instantiate") (param i32 i32 i32) (result i32)
    (call $region (i32.const 1024) (i32.const 62)))
  (func (export "migrate") (param i32 i32) (result i32)
    (call $region (i32.const 1024) (i32.const 62)))
  (func (export "execute") (param $env i32) (param $info i32) (param $msg i32) (result i32)
    (local $letter i32)
    (local.set $letter (call $letter (local.get $msg)))
    (if (i32.eq (local.get $letter) (i32.const 112)) ;; p
      (then (return (call $pong))))
    (if (i32.eq (local.get $letter) (i32.const 98)) ;; b
      (then (loop $forever (br $forever))))
    (if (i32.eq (local.get $letter) (i32.const 111)) ;; o
      (then
        (if (call $db_read (call $region (i32.const 7168) (i32.const 4)))
          (then (return (call $region (i32.const 4096) (i32.const 27)))))
        (call $db_write
          (call $region (i32.const 7168) (i32.const 4))
          (call $region (i32.const 7168) (i32.const 4)))
        (return (call $pong))))
    (call $region (i32.const 3072) (i32.const 28)))
  (func (export "query") (param $env i32) (param $msg i32) (result i32)
    (local $letter i32)
    (local.set $letter (call $letter (local.get $msg)))
    (if (i32.eq (local.get $letter) (i32.const 112)) ;; p
      (then (return (call $region (i32.const 5120) (i32.const 17)))))
    (if (i32.eq (local.get $letter) (i32.const 109)) ;; m
      (then (return (call $region (i32.const 6144) (i32.const 29)))))
    (call $region (i32.const 3072) (i32.const 28)))
)
