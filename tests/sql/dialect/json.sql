# "JSON_EXTRACT_PATH_TEXT", "JSON_EXTRACT_ARRAY_ELEMENT_TEXT", "JSON_ARRAY_LENGTH", "IS_VALID_JSON functions"

json_extract_path_text('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}', 'f4', 'f6') --> "star"
json_extract_path_text('{"f4":1', 'f4', true) --> null
json_extract_array_element_text('[111,112,113]', 2) --> "113"
json_array_length('[11,12,13,{"f1":21,"f2":[25,26]},14]') --> 5
json_array_length('[11,12', true) --> null
is_valid_json('{"a": [1,2,"b"]}') --> true
is_valid_json('[1,2,3]') --> false
is_valid_json('{{}}') --> false
is_valid_json_array('["a",["b",1,["c",2,3,null]]]') --> true
is_valid_json_array('{"a":1}') --> false
json_extract_path_text('{"a":null}', 'a') --> null
json_extract_path_text('{"a":true}', 'a') --> "true"
json_extract_path_text('{"a":"x"}', 'A') --> null
json_extract_path_text('{"a":[1,2]}', 'a') --> "[1,2]"
json_extract_path_text('{"a.b":1}', 'a.b') --> "1"
json_extract_path_text('{"a":"日本"}', 'a') --> "日本"
json_extract_array_element_text('["a","b"]', 0) --> "a"
json_extract_array_element_text('["a","b"]', 5) --> null
json_array_length('[]') --> 0
is_valid_json('1') --> false
is_valid_json(null) --> null

# "JSON_EXTRACT_PATH_TEXT function": paths are names, what is not there is null

json_extract_path_text('{"a":{"b":1}}', 'a', 'b', 'c') --> null
json_extract_path_text('{"a":[{"b":1}]}', 'a', '0', 'b') --> null
json_extract_path_text('{"a":""}', 'a') --> ""
json_extract_path_text('{"a b":1, "$":2, "a*":3}', 'a*') --> "3"
json_extract_path_text('{"a":12345678901234567890123}', 'a') --> "12345678901234567890123"
json_extract_path_text('{"a":"x\\"y"}', 'a') --> "x\"y"
json_extract_path_text(null, 'a') --> null
json_extract_array_element_text('[null]', 0) --> null
json_array_length('[1,[2,3]]') --> 2
is_valid_json('') --> false
